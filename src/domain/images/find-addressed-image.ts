import type { ImageDependencies } from '../dependencies.js';
import { InvalidInputError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { Address } from './address.js';
import { decodeAddressKey } from './address-key.js';
import { type AddressInput, createAddress } from './create-address.js';
import type { AccountId, Image } from './image.js';

/** Whose image is meant; absent, it is the caller's own account. */
interface OfAccount {
  readonly accountId?: AccountId | null | undefined;
}

/** The image at an address of an account, or null. */
export const findImageByAddress =
  (dependencies: ImageDependencies) =>
  (caller: Caller, { accountId, address }: OfAccount & { address: AddressInput }): Promise<Image | null> =>
    findAt(dependencies, caller, accountId, () => createAddress(address, dependencies.limits));

/** The image that a key names, or null. A key goes on naming its image when `docid` and the bytes change. */
export const findImageByKey =
  (dependencies: ImageDependencies) =>
  (caller: Caller, { accountId, key }: OfAccount & { key: string }): Promise<Image | null> =>
    findAt(dependencies, caller, accountId, () => decodeAddressKey(key, dependencies.limits));

const findAt = async (
  { state }: ImageDependencies,
  caller: Caller,
  named: AccountId | null | undefined,
  address: () => Address,
): Promise<Image | null> => {
  const accountId = named ?? caller.accountId;
  authorize(caller, 'images.read', accountId ?? undefined);
  if (!accountId) {
    throw InvalidInputError.at(['accountId'], 'Is needed here: the caller is not confined to one account.');
  }
  return state.read.imageByAddress(accountId, address());
};
