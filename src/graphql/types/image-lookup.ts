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
  description: 'What an image is found by: exactly one of the fields.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.' }),
    imageId: t.field({ type: 'UUID', description: 'The id of the image in the REST APIs.' }),
    publicId: t.string({ description: 'The 21 characters that name it in public URLs.' }),
    key: t.field({ type: ImageByKey, description: 'The key of an image with an address.' }),
    address: t.field({ type: ImageByAddress, description: 'The address that it stands at.' }),
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
  // who may not ask is told so, whatever is asked for
  const [image] = await images.find(caller, known ? [known] : []);
  return image ?? null;
};

const namedAccount = ({ accountId }: { accountId?: string | null | undefined }): AccountId | null =>
  accountId ? accountIdOf(accountId) : null;

builder.queryField('image', (t) =>
  t.field({
    type: ImageRef,
    nullable: true,
    description: 'One image, or null if there is none.',
    needs: { scopes: ['images.read'], accountOf: ({ by }) => (by.key ?? by.address)?.accountId },
    cost: costs.read,
    args: { by: t.arg({ type: ImageBy, required: true, description: 'What it is found by.' }) },
    resolve: (_root, { by }, context) => find(by, context),
  }),
);
