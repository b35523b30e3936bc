import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gunzip, gzip } from 'node:zlib';
import fresh from 'fresh';
import Negotiator from 'negotiator';
import { type GraphiqlOptions, renderGraphiql } from './graphiql-html.js';

/** 9 MB become 1.9 in a quarter of a second; the highest quality takes twenty times as long for another 10 %. */
const brotliQuality = 5;

const encodings = ['br', 'gzip', 'identity'] as const;
type Encoding = (typeof encodings)[number];

/** The page as it is kept: compressed only, it takes 4 MB. */
interface Page {
  readonly br: Buffer;
  readonly gzip: Buffer;
  readonly hash: string;
  readonly contentSecurityPolicy: string;
}

interface GraphiqlResponse {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/**
 * Whether a request of the GraphQL endpoint comes from an address bar. One with a `query` is included: GraphiQL keeps its query in the
 * address, and a reload requests that.
 */
export function wantsGraphiql(method: string, headers: IncomingHttpHeaders): boolean {
  const types = ['application/json', 'application/graphql-response+json', 'text/html'];
  return method === 'GET' && new Negotiator({ headers }).mediaType(types) === 'text/html';
}

/** Serves GraphiQL with everything that it loads from this server. The page is made with the first request and kept. */
export function createGraphiqlPage(options: GraphiqlOptions) {
  let made: Promise<Page> | undefined;
  return async ({ headers }: { readonly headers: IncomingHttpHeaders }): Promise<GraphiqlResponse> => {
    made ??= makePage(options).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    const page = await made;
    const encoding = encodingFor(headers);
    const etag = `"${page.hash}-${encoding}"`;
    const validators = { ETag: etag, 'Cache-Control': 'no-cache', Vary: 'Accept, Accept-Encoding' };
    if (fresh({ 'if-none-match': headers['if-none-match'] }, { etag })) return { status: 304, headers: validators };
    return {
      status: 200,
      headers: {
        ...validators,
        ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': page.contentSecurityPolicy,
        'X-Frame-Options': 'DENY',
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
      },
      body: encoding === 'identity' ? await promisify(gunzip)(page.gzip) : page[encoding],
    };
  };
}

async function makePage(options: GraphiqlOptions): Promise<Page> {
  const { html, contentSecurityPolicy } = await renderGraphiql(options);
  const bytes = Buffer.from(html);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
  };
  const [br, zipped] = await Promise.all([promisify(brotliCompress)(bytes, { params }), promisify(gzip)(bytes)]);
  return { br, gzip: zipped, hash: createHash('sha256').update(bytes).digest('base64url'), contentSecurityPolicy };
}

/** The smallest form that the client accepts: browsers give all that they know the same weight. */
function encodingFor(headers: IncomingHttpHeaders): Encoding {
  const accepted = new Negotiator({ headers }).encodings(encodings);
  return encodings.find((encoding) => accepted.includes(encoding)) ?? 'identity';
}
