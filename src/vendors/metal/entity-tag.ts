import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MetalImage } from '../../domain/metal/metal-image.js';
import { isNotModified } from '../../web/conditional.js';
import { toWire } from './translate.js';

/** Changes with every update. The time of creation distinguishes an image from an earlier one with the same id. */
const entityTagOf = ({ created, revision }: MetalImage): string => `"${created.getTime().toString(36)}-${revision}"`;

/** Sends one image with its ETag, which a later update may name in `If-Match`. */
export const sendImage = (request: FastifyRequest, reply: FastifyReply, image: MetalImage): FastifyReply => {
  const etag = entityTagOf(image);
  reply.header('etag', etag);
  if (request.method === 'GET' && isNotModified(request.headers, etag)) return reply.code(304).send();
  return reply.send(toWire(image));
};

/** Whether an `If-Match` names the image as it is now: a list of strong tags, or `*` (RFC 9110, section 13.1.1). Absent, any will do. */
export const matcherOf =
  (ifMatch: string | undefined) =>
  (image: MetalImage): boolean => {
    const tags = (ifMatch ?? '*').split(',').map((tag) => tag.trim());
    return tags.includes('*') || tags.includes(entityTagOf(image));
  };
