import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Image } from '../../domain/image.js';
import type { ByteSource } from '../../domain/ports.js';
import { isNotModified } from '../../http/conditional.js';
import { openWhole } from '../../http/open-whole.js';

/** What is at an address changes when it is uploaded again, so that clients ask again after a minute. */
const shortLived = 'private, max-age=60';

/**
 * Answers the stored bytes. "So always answer 200 with the bytes; never redirect", and "the response Content-Type must match image/*".
 * A 304 goes to who asks for one by If-None-Match, which the SDKs never do.
 */
export const sendOriginal = async (
  request: FastifyRequest,
  reply: FastifyReply,
  { image, source }: { image: Image; source: ByteSource },
): Promise<FastifyReply> => {
  const etag = `"${image.sha256}"`;
  reply.headers({
    etag,
    'cache-control': shortLived,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  });
  if (isNotModified(request.headers, etag)) return reply.code(304).send();
  reply.headers({ 'content-type': image.mimeType, 'content-length': image.byteSize });
  if (request.method === 'HEAD') return reply.send();
  return reply.send('path' in source ? await openWhole(source.path, image.byteSize) : source.bytes);
};
