import type { Address } from '../images/address.js';
import type { AccountId, ImageId, PublicId } from '../images/image.js';

/** The client of a lookup: clients share the places for lookups fairly, and each may miss only so often. */
export interface LookupClient {
  readonly client?: string | undefined;
  readonly keyId?: string | null;
}

/**
 * Imports what is missing here from the APIs that the server reads through to. Callers are authorised before. Each method resolves with
 * whether it is here now, within `limits.upstreamLookupSeconds`, and never rejects: what cannot be imported is not here.
 */
export interface ReadThrough {
  /** @param wanted Without an account, those that the operator has named are searched. */
  image(wanted: { readonly id: ImageId; readonly accountId: AccountId | null }, client: LookupClient): Promise<boolean>;
  /** @param wanted Without an account, those that the operator has named are searched. */
  publicImage(
    wanted: { readonly publicId: PublicId; readonly accountId: AccountId | null },
    client: LookupClient,
  ): Promise<boolean>;
  addressedImage(wanted: AddressedImage, client: LookupClient): Promise<boolean>;
  metalImage(id: string, client: LookupClient): Promise<boolean>;
}

export interface AddressedImage {
  readonly accountId: AccountId;
  readonly address: Address;
  /** As the client sent it, if it named the image by a key. */
  readonly key?: string | undefined;
}

/**
 * What is found here, or else after it was imported.
 * @param bring Imports it; undefined if the server reads through to no API.
 */
export const foundOrBrought = async <Found>(
  find: () => Promise<Found | null>,
  bring: (() => Promise<boolean>) | undefined,
): Promise<Found | null> => {
  const found = await find();
  if (found || !bring) return found;
  return (await bring()) ? find() : null;
};
