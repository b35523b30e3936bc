import type { ImageDependencies } from '../dependencies.js';
import { NotFoundError } from '../errors.js';
import type { Caller } from '../identity/caller.js';
import { type AddressInput, createAddress } from '../images/create-address.js';
import { findImageByAddress } from '../images/find-images.js';
import { type AccountId, formatOf, outputFormats } from '../images/image.js';
import { type Original, originalOf } from '../originals/open-original.js';
import type { DeliveryRequest } from './deliver-image.js';
import { defaultTransform, type Transform } from './transform/transform.js';

export interface AddressInAccount {
  readonly accountId: AccountId;
  readonly address: AddressInput;
  /** As the client sent it, if it named the image by a key. */
  readonly key?: string | undefined;
}

const noImageThere = (): NotFoundError => new NotFoundError('The account has no image at this address.');

/** The file of the image at an address as it was uploaded, with everything in it. */
export const openAddressedOriginal = (dependencies: ImageDependencies) => {
  const find = findImageByAddress(dependencies);
  return async (caller: Caller, place: AddressInAccount): Promise<Original> => {
    const image = await find(caller, place);
    if (!image) throw noImageThere();
    return originalOf(dependencies, image, caller);
  };
};

const ownSize: Transform = { ...defaultTransform, size: { width: 0, height: 0 } };

/**
 * Public, for an account whose images its operator shows to anyone who knows an address: what to deliver is the image in its own size
 * and format, without what else is in its file. Only what is here: addresses can be guessed, and the API that the server reads through to
 * shows nothing without a key.
 */
export const addressedDelivery =
  ({ state, limits }: ImageDependencies) =>
  async ({ accountId, address }: AddressInAccount): Promise<DeliveryRequest> => {
    const image = await state.read.imageByAddress(accountId, createAddress(address, limits));
    if (!image) throw noImageThere();
    const stored = formatOf(image.mimeType);
    // no variant is a GIF
    const transform = { ...ownSize, format: outputFormats.find((format) => format === stored) ?? ('auto' as const) };
    return { publicId: image.publicId, transform, version: null, accept: undefined };
  };
