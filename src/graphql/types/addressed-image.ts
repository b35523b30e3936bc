import { ImageLimitReachedError } from '../../domain/errors.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { accountIdOf } from './account-id.js';
import { commonErrors, pictureErrors } from './errors.js';
import { ImageAddressInput } from './image-address.js';
import { ImageMetadataInput } from './image-metadata.js';
import { ImageRef } from './image-ref.js';

const UploadAddressedImageInput = builder.inputType('UploadAddressedImageInput', {
  description: 'An image and where it belongs.',
  fields: (t) => ({
    accountId: t.field({ type: 'UUID', required: true, description: 'The account that owns it.' }),
    address: t.field({ type: ImageAddressInput, required: true, description: 'Where it belongs.' }),
    file: t.field({ type: 'File', required: true, description: 'A PNG, JPEG or WebP of at most 16 MiB.' }),
    metadata: t.field({
      type: ImageMetadataInput,
      description: 'What is said of it. Of an image that is there already: absent fields stay, null clears.',
    }),
  }),
});

builder.mutationField('uploadAddressedImage', (t) =>
  t.field({
    type: ImageRef,
    needs: { scopes: ['images.write'], accountOf: ({ input }) => input.accountId },
    cost: costs.upload,
    description:
      'Puts an image at an address. One that is there already keeps its ids and its public URL and gets the new picture; the ' +
      'bytes that it already has make no new version. The same bytes may stand at many addresses.',
    args: { input: t.arg({ type: UploadAddressedImageInput, required: true, description: 'The image.' }) },
    errors: {
      types: [...pictureErrors, ImageLimitReachedError, ...commonErrors],
      union: { name: 'UploadAddressedImageResult', description: 'The image as it is now, or why it was not taken.' },
    },
    resolve: (_root, { input: { accountId, address, file, metadata } }, { images, caller }) =>
      images.uploadAddressed(caller, { accountId: accountIdOf(accountId), address, file: file.received, metadata }),
  }),
);
