import { InvalidInputError } from '../../domain/errors.js';
import type { Caller } from '../../domain/identity/caller.js';
import { type AccountId, asAccountId } from '../../domain/images/image.js';

/**
 * The account that an argument names, or the caller's own if it names none.
 * @throws {InvalidInputError} if it names none and the caller is not confined to one account.
 */
export const accountIdFor = (
  caller: Caller,
  text: string | null | undefined,
  path: readonly string[] = ['accountId'],
): AccountId => {
  const accountId = typeof text === 'string' ? asAccountId(text) : caller.accountId;
  if (accountId) return accountId;
  throw InvalidInputError.at(path, 'Is required: the caller is not confined to one account.');
};

/** For every `accountId` that may be left out. */
export const optionalAccountId = {
  type: 'UUID',
  description: 'The account. Defaults to the account of the key; required if the key is not restricted to one.',
} as const;
