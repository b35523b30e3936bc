import { InvalidInputError } from '../../domain/errors.js';
import { asImageId, asPublicId, type Image, type ImageId, publicIdLength } from '../../domain/images/image.js';
import { builder } from '../builder.js';
import type { GraphqlContext } from '../context.js';
import { costs } from '../costs.js';
import { imageIdOf } from '../global-id.js';
import { accountIdFor } from './account-id.js';
import { ImageByAddress, ImageByKey } from './image-address.js';
import { ImageRef } from './image-ref.js';

const publicIdShape = `${publicIdLength} characters of A-Z, a-z and 0-9`;

const ImageBy = builder.inputType('ImageBy', {
  isOneOf: true,
  description: 'Identifies an image by exactly one of these fields.',
  fields: (t) => ({
    id: t.id({ description: 'The global id: `id` of the image.' }),
    imageId: t.field({ type: 'UUID', description: 'The id in the REST APIs: `imageId` of the image.' }),
    publicId: t.string({ description: `The id in public URLs: ${publicIdShape}.` }),
    key: t.field({ type: ImageByKey, description: 'The key of an image that has an address, and its account.' }),
    address: t.field({ type: ImageByAddress, description: 'The address of the image, and its account.' }),
  }),
});

const find = async (
  { id, imageId, publicId, key, address }: typeof ImageBy.$inferInput,
  { images, caller }: GraphqlContext,
): Promise<Image | null> => {
  if (typeof publicId === 'string') return images.findByPublicId(caller, publicIdOf(publicId));
  if (key) {
    const accountId = accountIdFor(caller, key.accountId, ['by', 'key', 'accountId']);
    return located(['by', 'key'], images.findByKey(caller, { key: key.key, accountId }));
  }
  if (address) {
    const accountId = accountIdFor(caller, address.accountId, ['by', 'address', 'accountId']);
    return located(['by'], images.findByAddress(caller, { address, accountId }));
  }
  const known = typeof id === 'string' ? imageIdOf(id, ['by', 'id']) : (asImageId(imageId ?? '') as ImageId);
  return images.findOne(caller, known);
};

const publicIdOf = (text: string) => {
  const publicId = asPublicId(text);
  if (publicId) return publicId;
  throw InvalidInputError.at(['by', 'publicId'], `Accepts the \`publicId\` of an image: ${publicIdShape}.`);
};

/** The service knows a part of the argument only. */
const located = <Result>(path: readonly string[], result: Promise<Result>): Promise<Result> =>
  result.catch((error: unknown) => {
    throw error instanceof InvalidInputError ? error.within(path) : error;
  });

builder.queryField('image', (t) =>
  t.field({
    type: ImageRef,
    nullable: true,
    description: 'One image; null if it does not exist or is not visible to the key. A malformed id is an error.',
    needs: { scopes: ['images.read'], accountOf: ({ by }) => (by.key ?? by.address)?.accountId },
    cost: costs.read,
    args: { by: t.arg({ type: ImageBy, required: true, description: 'Identifies the image.' }) },
    resolve: (_root, { by }, context) => find(by, context),
  }),
);
