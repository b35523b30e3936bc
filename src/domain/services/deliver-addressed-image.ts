import { type AddressInput, createAddress } from '../address.js';
import type { Caller } from '../caller.js';
import { NotFoundError } from '../errors.js';
import { type AccountId, formatOf, type Image, type Sha256 } from '../image.js';
import type { ByteSource } from '../ports.js';
import { defaultTransform, type Transform } from '../transform/transform.js';
import type { DeliveryRequest } from './deliver-image.js';
import type { ImageDependencies } from './dependencies.js';
import { findImageByAddress } from './find-addressed-image.js';

export interface AddressInAccount {
  readonly accountId: AccountId;
  readonly address: AddressInput;
}

const noImageThere = (): NotFoundError => new NotFoundError('The account has no image at this address.');

/** The bytes of the image at an address as they were uploaded, with all that is in them. */
export const openAddressedOriginal = (dependencies: ImageDependencies) => {
  const find = findImageByAddress(dependencies);
  return (caller: Caller, place: AddressInAccount): Promise<{ image: Image; source: ByteSource }> => {
    const open = async (gone?: Sha256): Promise<{ image: Image; source: ByteSource }> => {
      const image = await find(caller, place);
      if (!image || image.sha256 === gone) throw noImageThere();
      const source = await dependencies.blobs.locate(image.sha256);
      // one that is replaced in the midst has lost its bytes: the new one has some
      return source ? { image, source } : open(image.sha256);
    };
    return open();
  };
};

const ownSize: Transform = { ...defaultTransform, size: { width: 0, height: 0 } };

/**
 * Public, for an account whose images its operator shows to whoever knows an address: what to deliver is the picture in its own size
 * and format, without what else is in its file.
 */
export const addressedDelivery =
  ({ state, limits }: ImageDependencies) =>
  async ({ accountId, address }: AddressInAccount): Promise<DeliveryRequest> => {
    const image = await state.read.imageByAddress(accountId, createAddress(address, limits));
    if (!image) throw noImageThere();
    const transform = { ...ownSize, format: formatOf(image.mimeType) };
    return { publicId: image.publicId, transform, version: null, accept: undefined };
  };
