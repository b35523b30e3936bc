import { defaultSimilar } from '../../domain/similar/find-similar.js';
import type { SimilarImage } from '../../domain/similar/similar-query.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { ImageRef } from './image-ref.js';

export const SimilarImageRef = builder.objectRef<SimilarImage>('SimilarImage').implement({
  description:
    'An image that looks like another one: a copy of another size, format or quality, a crop, or one with a caption.',
  fields: (t) => ({
    image: t.expose('image', { type: ImageRef, description: 'The similar image. It may be disabled.' }),
    distance: t.exposeInt('distance', {
      description:
        'In how many of 64 bits the hashes of the images differ, or those of their crops if these are nearer: 0 for the same view. ' +
        'Those of different images differ in about 32.',
    }),
  }),
});

builder.objectField(ImageRef, 'similar', (t) =>
  t.field({
    type: [SimilarImageRef],
    nullable: true,
    description:
      'The images of the same account that look like this one, the nearest first. Null if the image has too little detail to be ' +
      'distinguished from others, or was uploaded before there were hashes and `npm run verify -- --facts` did not run since. Crops are found ' +
      'that cut off up to 15 % at a side. Of an account with very many images that look the same, only 20,000 entries of the index are ' +
      'compared. Requires the scope `images.read`.',
    args: {
      maxDistance: t.arg.int({
        description:
          'In how many of 64 bits the hashes may differ, from 0 to `limits.similarMaxDistance`. Defaults to `limits.similarDistance`. ' +
          'Crops are found up to a distance of 5.',
      }),
      first: t.arg.int({
        defaultValue: defaultSimilar,
        description: 'The number of images at most, from 0 to `limits.similarMax`.',
      }),
    },
    cost: ({ first }, { similarMax }) => ({
      own: costs.similar,
      length: Math.min(Math.max(first ?? defaultSimilar, 0), similarMax),
    }),
    resolve: (image, args, { images, caller }) => images.findSimilar(caller, image, args),
  }),
);
