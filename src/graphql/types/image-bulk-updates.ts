import { NotFoundError } from '../../domain/errors.js';
import type { Image } from '../../domain/images/image.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { imageIdOf } from '../global-id.js';
import { commonErrors } from './errors.js';
import { ImageMetadataInput } from './image-metadata.js';
import { UpdateImagePayload } from './image-mutations.js';

const UpdateImagesItem = builder.inputType('UpdateImagesItem', {
  description: 'The changes of one of several images. Absent fields keep their values.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The global id of the image.' }),
    disabled: t.boolean({ description: 'Whether the image is disabled. Absent or null keeps it as it is.' }),
    fileName: t.string({
      description: 'The name of the file, at most `limits.fileNameBytes` bytes. Null clears it.',
    }),
    metadata: t.field({
      type: ImageMetadataInput,
      description:
        'The metadata to change: absent fields keep their values, null clears a field. Null clears all of it.',
    }),
  }),
});

const UpdateImagesInput = builder.inputType('UpdateImagesInput', {
  description: 'The changes of several images.',
  fields: (t) => ({
    images: t.field({
      type: [UpdateImagesItem],
      required: true,
      description: 'The changes, made in this order. Each costs 101 of `limits.queryCost`, besides what is selected.',
    }),
  }),
});

builder.mutationField('updateImages', (t) =>
  t.field({
    type: [UpdateImagePayload],
    nullable: { list: true, items: true },
    needs: { scopes: ['images.write'] },
    cost: ({ input: { images } }) => ({ own: images.length * costs.write, length: images.length }),
    description:
      'Changes the state, the file name and the metadata of several images. Returns one result for each, in the same order: an ' +
      'image that cannot be changed does not stop the others. If the key does not allow changes, returns a single error.',
    args: { input: t.arg({ type: UpdateImagesInput, required: true, description: 'The changes.' }) },
    itemErrors: {
      types: [NotFoundError, ...commonErrors],
      union: { name: 'UpdateImagesResult', description: 'One updated image, or the reason why it did not change.' },
    },
    resolve: async (_root, { input: { images: items } }, { images, caller }) => {
      const results: Promise<Image>[] = [];
      for (const { id, ...changes } of items) {
        const update = async () => images.update(caller, { id: imageIdOf(id), ...changes });
        const result = update();
        results.push(result);
        // one after the other, so that several changes of one image are made in their order
        await result.catch(() => undefined);
      }
      return results;
    },
  }),
);
