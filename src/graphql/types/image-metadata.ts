import { encodeAddressKey } from '../../domain/images/address-key.js';
import { asImageId, type FocalPoint, type ImageMetadata } from '../../domain/images/image.js';
import { builder } from '../builder.js';
import { ImageAddressRef } from './image-address.js';

const FocalPointRef = builder.objectRef<FocalPoint>('FocalPoint').implement({
  description: 'A point of an image, as fractions of its width and height.',
  fields: (t) => ({
    x: t.exposeFloat('x', { description: 'The distance from the left edge, as a fraction of the width: 0 to 1.' }),
    y: t.exposeFloat('y', { description: 'The distance from the top edge, as a fraction of the height: 0 to 1.' }),
  }),
});

export const ImageMetadataRef = builder.objectRef<ImageMetadata>('ImageMetadata');

builder.node(ImageMetadataRef, {
  description: 'Descriptive metadata of an image: alternative text, focal point and address.',
  id: {
    resolve: ({ imageId }) => imageId,
    description: 'The global id of the metadata, which differs from that of the image.',
  },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'altText' in value,
  loadMany: async (ids, { images, caller, loaders }) => {
    const known = ids.map(asImageId);
    const found = await images.find(
      caller,
      known.filter((id) => id !== undefined),
    );
    const byId = new Map(found.map((image) => [image?.id, image]));
    return Promise.all(
      known.map((id) => {
        const image = id && byId.get(id);
        return image ? loaders.metadata(image) : null;
      }),
    );
  },
  fields: (t) => ({
    altText: t.exposeString('altText', {
      nullable: true,
      description: 'The alternative text; null if there is none, empty if the image is purely decorative.',
    }),
    focalPoint: t.expose('focalPoint', {
      type: FocalPointRef,
      nullable: true,
      description: 'The point that crops keep in view; null if none is set, and the center is used.',
    }),
    address: t.expose('address', {
      type: ImageAddressRef,
      nullable: true,
      description: 'The address of the image; null if it has none.',
    }),
    ext: t.exposeString('ext', {
      description: 'The file name extension of the stored file: `.jpg`, `.png` or `.webp`.',
    }),
    key: t.string({
      nullable: true,
      description:
        "The address as a key, which identifies the image within its account, in Glean's format; null if it has no address.",
      // it may have thousands of characters
      cost: 10,
      resolve: ({ address, ext }) => address && encodeAddressKey(address, ext),
    }),
    updatedOn: t.expose('updatedOn', { type: 'DateTime', description: 'The time of the last change of the metadata.' }),
  }),
});

export const FocalPointInput = builder.inputType('FocalPointInput', {
  description: 'A point of an image, as fractions of its width and height.',
  fields: (t) => ({
    x: t.float({ required: true, description: 'The distance from the left edge, as a fraction of the width: 0 to 1.' }),
    y: t.float({ required: true, description: 'The distance from the top edge, as a fraction of the height: 0 to 1.' }),
  }),
});

export const ImageMetadataInput = builder.inputType('ImageMetadataInput', {
  description: 'Descriptive metadata of an image. Which fields may be absent depends on the mutation.',
  fields: (t) => ({
    altText: t.string({
      description:
        'The alternative text, at most `limits.altTextLength` characters. Null clears it; an empty text says that the image is purely decorative.',
    }),
    focalPoint: t.field({ type: FocalPointInput, description: 'The point that crops keep in view. Null clears it.' }),
  }),
});

/** An input field of each mutation that accepts a file and may create an image from it. */
export const adoptAltTextField = {
  defaultValue: false,
  description:
    'Whether an image that has no alternative text, and is given none, gets `embedded.altText` of the file, or else ' +
    '`embedded.description`, cut to `limits.altTextLength`. An `altText` of null or of an empty text in `metadata` is respected.',
} as const;
