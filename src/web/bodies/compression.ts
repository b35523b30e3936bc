import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply } from 'fastify';
import Negotiator from 'negotiator';
import { addVary } from '../vary.js';

/** Smaller bodies fit into a packet or two whether they are compressed or not. */
const minBytes = 1_024;

/** Within 10 % of the best size in a hundredth of its time: 37 kB cost a millisecond. */
const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/** Never images, which are compressed already, and never a stream of events, which would wait in the compressor. */
const compressible = /^(?:application\/(?:[\w.-]+\+)?json|text\/(?:plain|html|css)|image\/svg\+xml)\b/;

const compressors = {
  br: (bytes: Uint8Array) => promisify(brotliCompress)(bytes, brotliOptions),
  gzip: (bytes: Uint8Array) => promisify(gzip)(bytes),
};

interface SentText {
  readonly body: string | Uint8Array;
  /** The Content-Encoding, if there is one. */
  readonly encoding?: keyof typeof compressors;
  /** Whether another client would receive it encoded otherwise. */
  readonly varies: boolean;
}

/** A text of a compressible type as a client accepts it. */
export const compressText = (text: string | Uint8Array, headers: IncomingHttpHeaders): SentText | Promise<SentText> => {
  if (Buffer.byteLength(text) < minBytes) return { body: text, varies: false };
  const encoding = encodingFor(headers);
  if (!encoding) return { body: text, varies: true };
  return compressors[encoding](Buffer.from(text)).then((body) => ({ body, encoding, varies: true }));
};

/**
 * Compresses text of a kilobyte or more for clients that accept it, in libuv's threads. Only whole bodies: what streams, or is encoded
 * already, passes as it is.
 */
export const compressTexts = (server: FastifyInstance): void => {
  server.addHook('onSend', async (request, reply, payload: unknown) => {
    if (!(typeof payload === 'string' || Buffer.isBuffer(payload))) return payload;
    if (!compressible.test(String(reply.getHeader('content-type') ?? '')) || reply.hasHeader('content-encoding')) {
      return payload;
    }
    const { body, encoding, varies } = await compressText(payload, request.headers);
    if (varies) addVary(reply, 'Accept-Encoding');
    if (!encoding) return payload;
    weakenEtag(reply);
    reply.header('content-encoding', encoding).removeHeader('content-length');
    return body;
  });
};

/** The smaller one, if a client accepts both: browsers give all that they know the same weight. */
const encodingFor = (headers: IncomingHttpHeaders): keyof typeof compressors | undefined => {
  // without the header every encoding is acceptable, but programs that cannot decode one send none
  if (headers['accept-encoding'] === undefined) return undefined;
  const accepted = new Negotiator({ headers }).encodings(['br', 'gzip', 'identity']);
  return (['br', 'gzip'] as const).find((encoding) => accepted.includes(encoding));
};

/** A strong tag names bytes, and these differ by encoding (RFC 9110, section 8.8.1). */
const weakenEtag = (reply: FastifyReply): void => {
  const etag = reply.getHeader('etag');
  if (typeof etag === 'string' && !etag.startsWith('W/')) reply.header('etag', `W/${etag}`);
};
