import {
  type ImageChange,
  imageChangeKinds,
  type MetalImageChange,
  metalImageChangeKinds,
} from '../../domain/changes.js';
import { builder } from '../builder.js';
import { encodeGlobalId } from '../global-id.js';
import { accountIdOf } from './account-id.js';
import { ImageRef } from './image-ref.js';
import { MetalImageRef } from './metal-image-ref.js';

const descriptions = {
  CREATED: 'It was added.',
  UPDATED: 'Its bytes or what is said of it changed.',
  DISABLED: 'It was taken out of use.',
  ENABLED: 'It was put back into use.',
  DELETED: 'It was deleted.',
} as const satisfies Record<ImageChange['kind'], string>;

const valuesOf = <Kind extends ImageChange['kind']>(kinds: readonly Kind[]) =>
  Object.fromEntries(
    kinds.map((kind): [Kind, { description: string }] => [kind, { description: descriptions[kind] }]),
  ) as {
    [Value in Kind]: { description: string };
  };

const ImageChangeKindRef = builder.enumType('ImageChangeKind', {
  description: 'What happened to an image.',
  values: valuesOf(imageChangeKinds),
});

const MetalImageChangeKindRef = builder.enumType('MetalImageChangeKind', {
  description: 'What happened to a metal image.',
  values: valuesOf(metalImageChangeKinds),
});

const ImageChangeRef = builder.objectRef<ImageChange>('ImageChange').implement({
  description: 'Something that happened to an image.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ImageChangeKindRef, description: 'What happened.' }),
    changedId: t.id({
      description: 'The global id of the image.',
      resolve: ({ image }) => encodeGlobalId('Image', image.id),
    }),
    image: t.field({
      type: ImageRef,
      nullable: true,
      description: 'The image as it is now; null when it was deleted.',
      resolve: ({ kind, image }) => (kind === 'DELETED' ? null : image),
    }),
  }),
});

const MetalImageChangeRef = builder.objectRef<MetalImageChange>('MetalImageChange').implement({
  description: 'Something that happened to a metal image.',
  fields: (t) => ({
    kind: t.expose('kind', { type: MetalImageChangeKindRef, description: 'What happened.' }),
    changedId: t.id({
      description: 'The global id of the metal image.',
      resolve: ({ image }) => encodeGlobalId('MetalImage', image.id),
    }),
    metalImage: t.field({
      type: MetalImageRef,
      nullable: true,
      description: 'The metal image as it is now; null when it was deleted.',
      resolve: ({ kind, image }) => (kind === 'DELETED' ? null : image),
    }),
  }),
});

builder.subscriptionFields((t) => ({
  imageChanged: t.field({
    type: ImageChangeRef,
    description: 'What happens to the images of an account from now on. Whoever falls 100 changes behind is cut off.',
    args: { accountId: t.arg({ type: 'UUID', required: true, description: 'The account.' }) },
    needs: { scopes: ['images.read'], accountOf: ({ accountId }) => accountId },
    subscribe: (_root, { accountId }, context) =>
      context.openStream(() => context.images.watch(context.caller, accountIdOf(accountId))),
    resolve: (change) => change,
  }),
  metalImageChanged: t.field({
    type: MetalImageChangeRef,
    description:
      'What happens to metal images from now on; which machines use them aside. Whoever falls 100 changes behind is cut off.',
    needs: { scopes: ['metal.view'] },
    subscribe: (_root, _args, context) => context.openStream(() => context.metal.watch(context.caller)),
    resolve: (change) => change,
  }),
}));
