import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Image } from '../../domain/images/image.js';
import type { ByteRange, Original } from '../../domain/originals/open-original.js';

/** Sends the stored bytes, or a part of them, or to a HEAD request the headers of a response that would succeed. */
export const sendOriginalBytes = async (
  request: FastifyRequest,
  reply: FastifyReply,
  { image, open }: Original,
  range?: ByteRange,
): Promise<FastifyReply> => {
  const bytes = await open(range);
  reply.headers({
    'content-type': image.mimeType,
    'content-length': range ? range.last - range.first + 1 : image.byteSize,
    // of the whole file, also next to a part of it
    'repr-digest': reprDigest(image),
  });
  if (range) reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${image.byteSize}`);
  if (request.method === 'HEAD') {
    bytes.destroy();
    return reply.send();
  }
  bytes.once('error', (error) => {
    // before the head is sent, the error handler logs it
    if (reply.raw.headersSent) request.log.error({ err: error }, 'the response was cut off');
  });
  return reply.send(bytes);
};

/** The value of `Repr-Digest` (RFC 9530, section 3), by which a client proves that it received every byte. */
const reprDigest = ({ sha256 }: Image): string => `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;

/**
 * The part of a file that a GET requests (RFC 9110, section 14.2), or undefined for all of it: without `Range`, with one that is
 * malformed or has several parts, "a server MAY ignore" it, and if `If-Range` does not name the current ETag. There is no Last-Modified,
 * so a date in `If-Range` names nothing.
 */
export const requestedRange = (
  { range, 'if-range': ifRange }: IncomingHttpHeaders,
  { etag, byteSize }: { readonly etag: string; readonly byteSize: number },
): ByteRange | 'unsatisfiable' | undefined => {
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const [, start = '', end = ''] = /^bytes=(\d*)-(\d*)$/i.exec(range) ?? [];
  if (start === '') return end === '' ? undefined : lastBytes(Number(end), byteSize);
  const [first, last] = [Number(start), end === '' ? byteSize - 1 : Number(end)];
  if (first >= byteSize) return end === '' || last >= first ? 'unsatisfiable' : undefined;
  return last < first ? undefined : { first, last: Math.min(last, byteSize - 1) };
};

const lastBytes = (count: number, byteSize: number): ByteRange | 'unsatisfiable' =>
  count === 0 ? 'unsatisfiable' : { first: Math.max(0, byteSize - count), last: byteSize - 1 };
