import { encodeAddressKey } from '../../domain/address-key.js';
import type { FocalPoint, ImageMetadata } from '../../domain/image.js';
import { builder } from '../builder.js';
import { ImageAddressRef } from './image-address.js';

const FocalPointRef = builder.objectRef<FocalPoint>('FocalPoint').implement({
  description: 'The point of a picture that crops keep in view.',
  fields: (t) => ({
    x: t.exposeFloat('x', { description: 'From the left edge: 0 to 1, as a fraction of the width.' }),
    y: t.exposeFloat('y', { description: 'From the upper edge: 0 to 1, as a fraction of the height.' }),
  }),
});

export const ImageMetadataRef = builder.objectRef<ImageMetadata>('ImageMetadata').implement({
  description:
    'What is said of a picture, and where it belongs. It is looked up in one batch for all images of a document.',
  fields: (t) => ({
    altText: t.exposeString('altText', {
      nullable: true,
      description: 'What stands in for the picture where it is not seen; empty for a picture that only decorates.',
    }),
    focalPoint: t.expose('focalPoint', {
      type: FocalPointRef,
      nullable: true,
      description: 'The point that crops keep in view; null for the middle.',
    }),
    address: t.expose('address', {
      type: ImageAddressRef,
      nullable: true,
      description: 'Where the image belongs; null for an image that is found by its ids alone.',
    }),
    ext: t.exposeString('ext', { description: 'The extension that fits the stored bytes: `.jpg`, `.png` or `.webp`.' }),
    key: t.string({
      nullable: true,
      description: 'Names the image at its address within its account, as Glean has it; null without an address.',
      // it may have thousands of characters
      cost: 10,
      resolve: ({ address, ext }) => address && encodeAddressKey(address, ext),
    }),
    updatedOn: t.expose('updatedOn', { type: 'DateTime', description: 'When the metadata last changed.' }),
  }),
});

export const FocalPointInput = builder.inputType('FocalPointInput', {
  description: 'A point of a picture.',
  fields: (t) => ({
    x: t.float({ required: true, description: 'From the left edge: 0 to 1, as a fraction of the width.' }),
    y: t.float({ required: true, description: 'From the upper edge: 0 to 1, as a fraction of the height.' }),
  }),
});

export const ImageMetadataInput = builder.inputType('ImageMetadataInput', {
  description: 'What people say of a picture.',
  fields: (t) => ({
    altText: t.string({ description: 'At most 1,000 characters. Null clears it.' }),
    focalPoint: t.field({ type: FocalPointInput, description: 'The point that crops keep in view. Null clears it.' }),
  }),
});
