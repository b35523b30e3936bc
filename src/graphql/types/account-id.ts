import type { Caller } from '../../domain/caller.js';
import { InvalidInputError } from '../../domain/errors.js';
import { type AccountId, asAccountId } from '../../domain/image.js';

/** @throws {InvalidInputError} for a UUID that the scalar accepts and no account has. */
export const accountIdOf = (text: string): AccountId => {
  const accountId = asAccountId(text);
  if (accountId) return accountId;
  throw InvalidInputError.at(['accountId'], 'Accepts a UUID such as 3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb.');
};

/**
 * The account that an argument names, or the caller's own if it names none.
 * @throws {InvalidInputError} if it names none and the caller is not confined to one account.
 */
export const accountIdFor = (caller: Caller, text: string | null | undefined): AccountId => {
  if (typeof text === 'string') return accountIdOf(text);
  if (caller.accountId) return caller.accountId;
  throw InvalidInputError.at(['accountId'], 'Is required: the caller is not confined to one account.');
};

/** For every `accountId` that may be left out. */
export const optionalAccountId = {
  type: 'UUID',
  description: "The account. Defaults to the key's own account; required if the key is for all accounts.",
} as const;
