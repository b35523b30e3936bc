import { InvalidInputError } from '../domain/errors.js';
import { asImageId, type ImageId } from '../domain/images/image.js';
import { asWebhookId, type WebhookId } from '../domain/webhooks/webhook.js';

export const encodeGlobalId = (typename: string, id: string): string =>
  Buffer.from(`${typename}:${id}`, 'utf8').toString('base64url');

const nodeTypes = ['Image', 'ImageMetadata', 'MetalImage', 'Webhook'] as const;
type NodeType = (typeof nodeTypes)[number];

interface GlobalId {
  readonly typename: NodeType;
  readonly id: string;
}

const decode = (globalId: string): GlobalId | undefined => {
  const [, name, id] = /^(\w+):(.+)$/s.exec(Buffer.from(globalId, 'base64url').toString('utf8')) ?? [];
  const typename = nodeTypes.find((known) => known === name);
  return typename && id ? { typename, id } : undefined;
};

/** An id that no object has, so its lookup returns null. */
const idOfNothing: GlobalId = { typename: 'Image', id: '' };

/** For `node` and `nodes`, which accept ids of every type: a malformed id is null and does not fail the others. */
export const decodeGlobalId = (globalId: string): GlobalId => decode(globalId) ?? idOfNothing;

/** @throws {InvalidInputError} for the id of anything but an image. */
export const imageIdOf = (globalId: string, path: readonly string[] = ['id']): ImageId => {
  const id = asImageId(idOf('Image', globalId, path));
  if (id) return id;
  throw malformed('Image', path);
};

/** @throws {InvalidInputError} for the id of anything but a metal image. */
export const metalImageIdOf = (globalId: string, path: readonly string[] = ['id']): string =>
  idOf('MetalImage', globalId, path);

/** @throws {InvalidInputError} for the id of anything but a webhook. */
export const webhookIdOf = (globalId: string, path: readonly string[] = ['id']): WebhookId => {
  const id = asWebhookId(idOf('Webhook', globalId, path));
  if (id) return id;
  throw malformed('Webhook', path);
};

/** For `node`, `nodes` and cursors: text that is no id is that of no webhook. */
export const webhookIdFrom = (id: string): WebhookId => asWebhookId(id) ?? ('' as WebhookId);

const idOf = (typename: NodeType, globalId: string, path: readonly string[]): string => {
  const decoded = decode(globalId);
  if (decoded?.typename === typename) return decoded.id;
  throw malformed(typename, path);
};

const malformed = (typename: NodeType, path: readonly string[]): InvalidInputError =>
  InvalidInputError.at(
    path,
    `Accepts the \`id\` of ${typename === 'Image' ? 'an' : 'a'} ${typename} as this API returned it.`,
  );
