import { encodeChangeCursor } from '../../domain/change-cursor.js';
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

const cursorDescription = 'The position of the change, for `after`.';
const afterDescription =
  'Only changes after this cursor of a change. The header Last-Event-ID has precedence, so that an EventSource that reconnects resumes.';

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
    cursor: t.field({ type: 'ChangeCursor', description: cursorDescription, resolve: encodeChangeCursor }),
    occurredOn: t.expose('occurredOn', { type: 'DateTime', description: 'When it happened.' }),
    kind: t.expose('kind', { type: ImageChangeKindRef, description: 'What happened.' }),
    changedId: t.id({
      description: 'The global id of the image.',
      resolve: ({ imageId }) => encodeGlobalId('Image', imageId),
    }),
    image: t.field({
      type: ImageRef,
      nullable: true,
      description: 'The image after the change, or in a later state; null if it is deleted.',
      resolve: ({ kind, image }) => (kind === 'DELETED' ? null : image),
    }),
  }),
});

const MetalImageChangeRef = builder.objectRef<MetalImageChange>('MetalImageChange').implement({
  description: 'Something that happened to a metal image.',
  fields: (t) => ({
    cursor: t.field({ type: 'ChangeCursor', description: cursorDescription, resolve: encodeChangeCursor }),
    occurredOn: t.expose('occurredOn', { type: 'DateTime', description: 'When it happened.' }),
    kind: t.expose('kind', { type: MetalImageChangeKindRef, description: 'What happened.' }),
    changedId: t.id({
      description: 'The global id of the metal image.',
      resolve: ({ imageId }) => encodeGlobalId('MetalImage', imageId),
    }),
    metalImage: t.field({
      type: MetalImageRef,
      nullable: true,
      description: 'The metal image after the change, or in a later state; null if it is deleted.',
      resolve: ({ kind, image }) => (kind === 'DELETED' ? null : image),
    }),
  }),
});

builder.subscriptionFields((t) => ({
  imageChanged: t.field({
    type: ImageChangeRef,
    description:
      "The changes of an account's images: all after a cursor, or from now on, and each as it happens. A subscriber that reads slowly misses none.",
    args: {
      accountId: t.arg({ type: 'UUID', required: true, description: 'The account.' }),
      after: t.arg({ type: 'ChangeCursor', description: afterDescription }),
    },
    needs: { scopes: ['images.read'], accountOf: ({ accountId }) => accountId },
    subscribe: (_root, { accountId, after }, context) =>
      context.openStream(() =>
        context.images.watch(context.caller, accountIdOf(accountId), context.resumeAfter(after)),
      ),
    resolve: (change) => change,
  }),
  metalImageChanged: t.field({
    type: MetalImageChangeRef,
    description:
      'The changes of metal images: all after a cursor, or from now on, and each as it happens. Which machines use them is not reported.',
    args: { after: t.arg({ type: 'ChangeCursor', description: afterDescription }) },
    needs: { scopes: ['metal.view'] },
    subscribe: (_root, { after }, context) =>
      context.openStream(() => context.metal.watch(context.caller, context.resumeAfter(after))),
    resolve: (change) => change,
  }),
}));
