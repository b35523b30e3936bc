import { type AccountId, asImageId, asPublicId, type Image } from '../../domain/image.js';
import { builder } from '../builder.js';
import type { GraphqlContext } from '../context.js';
import { costs } from '../costs.js';
import { imageIdOf } from '../global-id.js';
import { accountIdOf } from './account-id.js';
import { ImageByAddress, ImageByKey } from './image-address.js';
import { ImageRef } from './image-ref.js';

const ImageBy = builder.inputType('ImageBy', {
  isOneOf: true,
  description: 'Identifies an image by exactly one of these fields.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.' }),
    imageId: t.field({ type: 'UUID', description: 'The id of the image in the REST APIs.' }),
    publicId: t.string({ description: 'The id in public URLs: 21 characters of A-Z, a-z and 0-9.' }),
    key: t.field({ type: ImageByKey, description: 'The key of an image with an address.' }),
    address: t.field({ type: ImageByAddress, description: 'The address of the image.' }),
  }),
});

const find = async (
  { id, imageId, publicId, key, address }: typeof ImageBy.$inferInput,
  { images, caller }: GraphqlContext,
): Promise<Image | null> => {
  if (key) return images.findByKey(caller, { key: key.key, accountId: namedAccount(key) });
  if (address) return images.findByAddress(caller, { address, accountId: namedAccount(address) });
  if (publicId) {
    const known = asPublicId(publicId);
    if (known) return images.findByPublicId(caller, known);
  }
  const known = id ? imageIdOf(id, ['by', 'id']) : asImageId(imageId ?? '');
  // looked up even without an id, so that a missing scope is reported first
  const [image] = await images.find(caller, known ? [known] : []);
  return image ?? null;
};

const namedAccount = ({ accountId }: { accountId?: string | null | undefined }): AccountId | null =>
  accountId ? accountIdOf(accountId) : null;

builder.queryField('image', (t) =>
  t.field({
    type: ImageRef,
    nullable: true,
    description: 'One image; null if it does not exist.',
    needs: { scopes: ['images.read'], accountOf: ({ by }) => (by.key ?? by.address)?.accountId },
    cost: costs.read,
    args: { by: t.arg({ type: ImageBy, required: true, description: 'Identifies the image.' }) },
    resolve: (_root, { by }, context) => find(by, context),
  }),
);
