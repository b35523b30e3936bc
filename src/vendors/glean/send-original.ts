import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Original } from '../../domain/originals/open-original.js';
import { isNotModified } from '../../web/conditional.js';
import { sendOriginalBytes } from '../../web/images/send-original.js';

/** The image at an address changes when another is uploaded there, so clients revalidate after a minute. */
const shortLived = 'private, max-age=60';

/**
 * Responds with the stored bytes. "So always answer 200 with the bytes; never redirect", and "the response Content-Type must match image/*".
 * Clients that send If-None-Match get a 304; the SDKs never send it.
 */
export const sendOriginal = async (
  request: FastifyRequest,
  reply: FastifyReply,
  original: Original,
): Promise<FastifyReply> => {
  const etag = `"${original.image.sha256}"`;
  reply.headers({
    etag,
    'cache-control': shortLived,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  });
  if (isNotModified(request.headers, etag)) return reply.code(304).send();
  return sendOriginalBytes(request, reply, original);
};
