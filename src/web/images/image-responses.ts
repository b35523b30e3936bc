import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Delivery } from '../../domain/delivery/deliver-image.js';
import type { AllowedTransform, TransformPolicy } from '../../domain/delivery/transform-policy.js';
import { NotFoundError } from '../../domain/errors.js';
import { asPublicId } from '../../domain/images/image.js';
import type { ImageService } from '../../domain/images/image-service.js';
import { RepeatedHead } from '../connections/repeated-head.js';
import { statusOf304, statusOfMemory } from './cache-status.js';
import type { CdnHeaders } from './cdn-headers.js';
import { requestTarget } from './request-target.js';

/** The response to a request for a public image, except for its bytes. */
export class ImageResponse {
  #headFromMemory: RepeatedHead | undefined;
  #headOf304: RepeatedHead | undefined;

  constructor(
    readonly delivery: Delivery,
    /** Names and values in turn, as for `writeHead`. */
    readonly headersOf304: readonly string[],
    readonly headersOf200: readonly string[],
    /** The same for bytes that a write has made outdated since: a CDN that stored them after its purge would keep them. */
    readonly headersOfOutdated200: readonly string[],
  ) {}

  /** Of bytes that are in memory. */
  get headFromMemory(): RepeatedHead {
    this.#headFromMemory ??= new RepeatedHead(200, [...this.headersOf200, ...statusOfMemory]);
    return this.#headFromMemory;
  }

  get headOf304(): RepeatedHead {
    this.#headOf304 ??= new RepeatedHead(304, this.headersOf304);
    return this.#headOf304;
  }
}

export const sharedImageHeaders = {
  'access-control-allow-origin': '*',
  // without it, a script could not read the ETag to revalidate with
  'access-control-expose-headers': '*',
  'cross-origin-resource-policy': 'cross-origin',
  // an image that a browser opens as a page runs nothing
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  'x-content-type-options': 'nosniff',
};

const yearSeconds = 31_536_000;
const oneYear = `public, max-age=${yearSeconds}, immutable`;
/** Without the current version in the URL the response may change, so caches revalidate after five minutes. */
const shortSeconds = 300;
const shortLived = `public, max-age=${shortSeconds}, stale-while-revalidate=3600`;

const maxResponses = 5_000;
const maxKeyLength = 1_024;

/** Responses to requests for public images; an equal request is not parsed, negotiated and hashed again. */
export class ImageResponses {
  readonly #known = new LRUCache<string, ImageResponse>({ max: maxResponses });

  constructor(
    private readonly images: Pick<ImageService, 'deliver'>,
    private readonly policy: TransformPolicy,
    private readonly now: () => Date,
    private readonly cdn: CdnHeaders,
  ) {}

  /** The response to an earlier equal request to the same host, if it is still valid. */
  peek(request: IncomingMessage): ImageResponse | undefined {
    const known = this.#known.get(keyOf(request));
    return known?.delivery.isCurrent() ? known : undefined;
  }

  /** @throws {ForbiddenError} {@link NotFoundError} {@link InvalidInputError} {@link NotAcceptableError} */
  async find(request: IncomingMessage, publicIdText: string): Promise<ImageResponse> {
    const peeked = this.peek(request);
    if (peeked) return peeked;
    const allowed = this.policy.read(requestTarget(request));
    const publicId = asPublicId(publicIdText);
    if (!publicId) throw new NotFoundError('No image has this public id.');
    const { transform, version, expiresOn } = allowed;
    const { accept } = request.headers;
    const delivery = await this.images.deliver({ publicId, transform, version, accept });
    const response = this.#describe(delivery, allowed);
    const key = keyOf(request);
    // one that expires is judged by the clock each time
    if (key.length <= maxKeyLength && delivery.mayBeKept && !expiresOn) this.#known.set(key, response);
    return response;
  }

  #describe(delivery: Delivery, allowed: AllowedTransform): ImageResponse {
    const headers = [
      ...Object.entries(sharedImageHeaders).flat(),
      ...['etag', delivery.etag],
      ...['cache-control', cacheControlOf(delivery, allowed, this.now())],
      // negotiated responses differ by Accept
      ...(allowed.transform.format === 'auto' ? ['vary', 'Accept'] : []),
    ];
    const kept = [...headers, ...Object.entries(this.#cdnHeaders(delivery, allowed)).flat()];
    const outdated = [...headers, ...Object.entries(this.cdn.notKept).flat()];
    const type = ['content-type', delivery.mimeType];
    return new ImageResponse(delivery, [...kept, ...statusOf304], [...kept, ...type], [...outdated, ...type]);
  }

  #cdnHeaders(
    { image, mayBeKept }: Delivery,
    { isByName, expiresOn }: AllowedTransform,
  ): Readonly<Record<string, string>> {
    // a URL that expires is judged by this server each time
    return mayBeKept && !expiresOn ? this.cdn.of(image, !isByName) : this.cdn.notKept;
  }
}

/** No cache keeps a response longer than its URL works. The meaning of a preset's name may change, whatever version the URL has. */
const cacheControlOf = (
  { immutable, mayBeKept }: Delivery,
  { isByName, expiresOn }: AllowedTransform,
  now: Date,
): string => {
  if (!mayBeKept) return 'no-store';
  const isFixed = immutable && !isByName;
  if (!expiresOn) return isFixed ? oneYear : shortLived;
  const secondsLeft = Math.floor((expiresOn.getTime() - now.getTime()) / 1000);
  return `public, max-age=${Math.min(secondsLeft, isFixed ? yearSeconds : shortSeconds)}`;
};

/** Everything that the response depends on. No header value has a line break. */
const keyOf = ({ url, headers }: IncomingMessage): string => `${headers.host}\n${url}\n${headers.accept ?? ''}`;
