import { InvalidInputError } from '../../domain/errors.js';
import { type AccountId, asAccountId } from '../../domain/image.js';

/** @throws {InvalidInputError} for a UUID that the scalar takes and no account has. */
export const accountIdOf = (text: string): AccountId => {
  const accountId = asAccountId(text);
  if (accountId) return accountId;
  throw InvalidInputError.at(['accountId'], 'Takes a UUID such as 3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb.');
};
