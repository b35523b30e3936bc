import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Delivery } from '../../domain/delivery/deliver-image.js';
import { parseTransformQuery } from '../../domain/delivery/transform/parse-query.js';
import { NotFoundError } from '../../domain/errors.js';
import { asPublicId } from '../../domain/images/image.js';
import type { ImageService } from '../../domain/images/image-service.js';

/** The response to a request for a public image, except for its bytes. */
export interface ImageAnswer {
  readonly delivery: Delivery;
  /** Names and values in turn, as `writeHead` takes them. */
  readonly headersOf304: readonly string[];
  readonly headersOf200: readonly string[];
}

export const sharedImageHeaders = {
  'access-control-allow-origin': '*',
  // without it, a script could not read the ETag that it is to ask with
  'access-control-expose-headers': '*',
  'cross-origin-resource-policy': 'cross-origin',
  // an image that a browser opens as a page runs nothing
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  'x-content-type-options': 'nosniff',
};

const oneYear = 'public, max-age=31536000, immutable';
/** Without the current version in the URL the response may change, so caches revalidate after five minutes. */
const shortLived = 'public, max-age=300, stale-while-revalidate=3600';

const maxAnswers = 5_000;
const maxKeyLength = 1_024;

/** Responses to requests for public images; an equal request is not parsed, negotiated and hashed again. */
export class ImageAnswers {
  readonly #known = new LRUCache<string, ImageAnswer>({ max: maxAnswers });

  constructor(private readonly images: Pick<ImageService, 'deliver'>) {}

  /** The response to an earlier equal request to the same host, if it is still valid. */
  recall(request: IncomingMessage): ImageAnswer | undefined {
    const known = this.#known.get(keyOf(request));
    return known?.delivery.isCurrent() ? known : undefined;
  }

  /** @throws {NotFoundError} {@link InvalidInputError} {@link NotAcceptableError} */
  async find(request: IncomingMessage, publicIdText: string): Promise<ImageAnswer> {
    const recalled = this.recall(request);
    if (recalled) return recalled;
    const publicId = asPublicId(publicIdText);
    if (!publicId) throw new NotFoundError('No image has this public id.');
    const { transform, version } = parseTransformQuery(queryOf(request));
    const { accept } = request.headers;
    const answer = describe(await this.images.deliver({ publicId, transform, version, accept }), transform.format);
    const key = keyOf(request);
    if (key.length <= maxKeyLength && answer.delivery.mayBeKept) this.#known.set(key, answer);
    return answer;
  }
}

const describe = (delivery: Delivery, format: string): ImageAnswer => {
  const headersOf304 = [
    ...Object.entries(sharedImageHeaders).flat(),
    ...['etag', delivery.etag],
    ...['cache-control', cacheControlOf(delivery)],
    // negotiated answers differ by Accept
    ...(format === 'auto' ? ['vary', 'Accept'] : []),
  ];
  return { delivery, headersOf304, headersOf200: [...headersOf304, 'content-type', delivery.mimeType] };
};

const cacheControlOf = ({ immutable, mayBeKept }: Delivery): string => {
  if (!mayBeKept) return 'no-store';
  return immutable ? oneYear : shortLived;
};

/** All that a request is judged by. No header value has a line break. */
const keyOf = ({ url, headers }: IncomingMessage): string => `${headers.host}\n${url}\n${headers.accept ?? ''}`;

const queryOf = ({ url = '' }: IncomingMessage): string => {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
};
