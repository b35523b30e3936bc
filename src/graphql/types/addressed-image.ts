import { ImageLimitReachedError } from '../../domain/errors.js';
import type { Image } from '../../domain/images/image.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { accountIdFor, optionalAccountId } from './account-id.js';
import { commonErrors, uploadErrors } from './errors.js';
import { ImageAddressInput } from './image-address.js';
import { adoptAltTextField, ImageMetadataInput } from './image-metadata.js';
import { ImageEdgeRef, ImageRef, newImageEdge } from './image-ref.js';

const UploadAddressedImageInput = builder.inputType('UploadAddressedImageInput', {
  description: 'An image and its address.',
  fields: (t) => ({
    accountId: t.field(optionalAccountId),
    address: t.field({ type: ImageAddressInput, required: true, description: 'The address of the image.' }),
    file: t.field({
      type: 'File',
      required: true,
      description: 'The file: a PNG, JPEG, WebP, AVIF or GIF of at most `limits.fileBytes`.',
    }),
    metadata: t.field({
      type: ImageMetadataInput,
      description:
        'The metadata. If the address already has an image, absent fields keep their values and null clears a field.',
    }),
    adoptEmbeddedAltText: t.boolean(adoptAltTextField),
  }),
});

const UploadAddressedImagePayload = builder.objectRef<Image>('UploadAddressedImagePayload').implement({
  description: 'The image at the address.',
  fields: (t) => ({
    image: t.field({ type: ImageRef, description: 'The image.', resolve: (image) => image }),
    imageEdge: t.field({
      type: ImageEdgeRef,
      description: 'The image as an edge, to insert into a list in the order `CREATED_ON_DESC`.',
      resolve: newImageEdge,
    }),
  }),
});

builder.mutationField('uploadAddressedImage', (t) =>
  t.field({
    type: UploadAddressedImagePayload,
    nullable: true,
    needs: { scopes: ['images.write'], accountOf: ({ input }) => input.accountId },
    cost: costs.upload,
    description:
      'Stores an image at an address. An image that is already there keeps its ids and its `link` and gets the new file; a file ' +
      'with the same bytes as the current one creates no new version. Images at several addresses can have the same bytes.',
    args: { input: t.arg({ type: UploadAddressedImageInput, required: true, description: 'The image.' }) },
    errors: {
      types: [...uploadErrors, ImageLimitReachedError, ...commonErrors],
      union: {
        name: 'UploadAddressedImageResult',
        description: 'The image at the address, or the reason why the file was refused.',
      },
    },
    resolve: (_root, { input: { accountId, file, ...input } }, { images, caller }) =>
      images.uploadAddressed(caller, {
        ...input,
        accountId: accountIdFor(caller, accountId),
        file: file.received,
      }),
  }),
);
