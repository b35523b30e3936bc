import {
  encodeChangeCursor,
  type ImageChange,
  imageChangeKinds,
  type MetalImageChange,
  metalImageChangeKinds,
} from '../../domain/changes/changes.js';
import { builder } from '../builder.js';
import { encodeGlobalId } from '../global-id.js';
import { accountIdFor, optionalAccountId } from './account-id.js';
import { ImageRef } from './image-ref.js';
import { MetalImageRef } from './metal-image-ref.js';

const descriptions = {
  CREATED: 'It was created.',
  UPDATED: 'Its file, its metadata or one of its fields changed.',
  DISABLED: 'It was disabled.',
  ENABLED: 'It was enabled again.',
  DELETED: 'It was deleted.',
} as const satisfies Record<ImageChange['kind'], string>;

const cursorDescription = 'The position of the change, to pass as `after`.';
const afterDescription =
  'The `cursor` of a change: the stream begins with the next one. The header Last-Event-ID has precedence, so that an EventSource ' +
  'that reconnects resumes. Absent: only changes from now on.';

const valuesOf = <Kind extends ImageChange['kind']>(kinds: readonly Kind[]) =>
  Object.fromEntries(
    kinds.map((kind): [Kind, { description: string }] => [kind, { description: descriptions[kind] }]),
  ) as {
    [Value in Kind]: { description: string };
  };

const ImageChangeKindRef = builder.enumType('ImageChangeKind', {
  description: 'The kind of a change of an image.',
  values: valuesOf(imageChangeKinds),
});

const MetalImageChangeKindRef = builder.enumType('MetalImageChangeKind', {
  description: 'The kind of a change of a metal image.',
  values: valuesOf(metalImageChangeKinds),
});

export const ImageChangeRef = builder.objectRef<ImageChange>('ImageChange').implement({
  description: 'A change of an image.',
  fields: (t) => ({
    cursor: t.field({ type: 'ChangeCursor', description: cursorDescription, resolve: encodeChangeCursor }),
    occurredOn: t.expose('occurredOn', { type: 'DateTime', description: 'The time of the change.' }),
    kind: t.expose('kind', { type: ImageChangeKindRef, description: 'The kind of the change.' }),
    changedId: t.id({
      description: 'The global id of the image.',
      resolve: ({ imageId }) => encodeGlobalId('Image', imageId),
    }),
    image: t.field({
      type: ImageRef,
      nullable: true,
      description: 'The image after this change or a later one; null if it was deleted.',
      resolve: ({ kind, image }) => (kind === 'DELETED' ? null : image),
    }),
  }),
});

export const MetalImageChangeRef = builder.objectRef<MetalImageChange>('MetalImageChange').implement({
  description: 'A change of a metal image.',
  fields: (t) => ({
    cursor: t.field({ type: 'ChangeCursor', description: cursorDescription, resolve: encodeChangeCursor }),
    occurredOn: t.expose('occurredOn', { type: 'DateTime', description: 'The time of the change.' }),
    kind: t.expose('kind', { type: MetalImageChangeKindRef, description: 'The kind of the change.' }),
    changedId: t.id({
      description: 'The global id of the metal image.',
      resolve: ({ imageId }) => encodeGlobalId('MetalImage', imageId),
    }),
    metalImage: t.field({
      type: MetalImageRef,
      nullable: true,
      description: 'The metal image after this change or a later one; null if it was deleted.',
      resolve: ({ kind, image }) => (kind === 'DELETED' ? null : image),
    }),
  }),
});

builder.subscriptionFields((t) => ({
  imageChanged: t.field({
    type: ImageChangeRef,
    description:
      "The changes of an account's images, in order and as they happen. A subscriber that reads slowly, or resumes with `after`, " +
      'misses none.',
    args: {
      accountId: t.arg(optionalAccountId),
      after: t.arg({ type: 'ChangeCursor', description: afterDescription }),
    },
    needs: { scopes: ['images.read'], accountOf: ({ accountId }) => accountId },
    subscribe: (_root, { accountId, after }, context) =>
      context.openStream(() =>
        context.images.watch(context.caller, accountIdFor(context.caller, accountId), context.resumeAfter(after)),
      ),
    resolve: (change) => change,
  }),
  metalImageChanged: t.field({
    type: MetalImageChangeRef,
    description:
      'The changes of metal images, in order and as they happen. A change of `usedBy` is not reported. A subscriber that reads slowly, ' +
      'or resumes with `after`, misses none.',
    args: { after: t.arg({ type: 'ChangeCursor', description: afterDescription }) },
    needs: { scopes: ['metal.view'] },
    subscribe: (_root, { after }, context) =>
      context.openStream(() => context.metal.watch(context.caller, context.resumeAfter(after))),
    resolve: (change) => change,
  }),
}));
