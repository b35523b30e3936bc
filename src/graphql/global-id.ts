import { GraphQLError } from 'graphql';
import { InvalidInputError } from '../domain/errors.js';
import { asImageId, type ImageId } from '../domain/image.js';

export const encodeGlobalId = (typename: string, id: string): string =>
  Buffer.from(`${typename}:${id}`, 'utf8').toString('base64url');

const nodeTypes = ['Image', 'MetalImage'] as const;
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

/** For `node` and `nodes`, which take ids of every type. */
export const decodeGlobalId = (globalId: string): GlobalId => {
  const decoded = decode(globalId);
  if (decoded) return decoded;
  throw new GraphQLError(
    `"${globalId.slice(0, 100)}" is not an id of this API. Ids are opaque: use them as you got them.`,
    {
      extensions: { code: 'INVALID_INPUT' },
    },
  );
};

/** @throws {InvalidInputError} for the id of anything but an image. */
export const imageIdOf = (globalId: string, path: readonly string[] = ['id']): ImageId => {
  const decoded = decode(globalId);
  const id = decoded?.typename === 'Image' ? asImageId(decoded.id) : undefined;
  if (id) return id;
  throw InvalidInputError.at(path, 'Takes the `id` of an Image as this API gave it.');
};
