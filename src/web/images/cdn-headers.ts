import { cacheTagsOf } from '../../domain/delivery/cache-tags.js';
import type { Image } from '../../domain/images/image.js';

/** How the tags of a response are written: as Cloudflare reads them, and as Fastly and Varnish do. */
export const tagHeaders = ['cache-tag', 'surrogate-key'] as const;
export type TagHeader = (typeof tagHeaders)[number];

/** Headers for a CDN in front of the server. */
export interface CdnHeaders {
  /**
   * Of what is rendered from an image. A CDN keeps nothing of a disabled one.
   * @param changesWithImage Whether nothing but a change of the image changes the response.
   */
  of(
    image: Pick<Image, 'publicId' | 'accountId' | 'disabledOn'>,
    changesWithImage: boolean,
  ): Readonly<Record<string, string>>;
  /** Of a response that clients may keep, but the CDN may not. */
  readonly notKept: Readonly<Record<string, string>>;
}

const separators = { 'cache-tag': ',', 'surrogate-key': ' ' } as const satisfies Record<TagHeader, string>;

/**
 * Without headers to write tags into, none of these headers.
 * @param isPurged Whether the CDN hears of each change: then it keeps what browsers keep for a few minutes until it is purged.
 */
export const cdnHeaders = (headers: readonly TagHeader[], isPurged: boolean): CdnHeaders => {
  const notKept = lifetime(headers, 'no-store, max-age=0');
  const untilPurged = lifetime(headers, 'max-age=31536000');
  return {
    of: (image, changesWithImage) => {
      if (headers.length === 0 || image.disabledOn) return notKept;
      return { ...tagsIn(headers, cacheTagsOf(image)), ...(isPurged && changesWithImage ? untilPurged : {}) };
    },
    notKept,
  };
};

/** Of a request that purges tags. Fastly reads them there, and the token under its own name. */
export const purgeHeaders =
  (headers: readonly TagHeader[], token: string | null) =>
  (tags: readonly string[]): Record<string, string> => ({
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(headers.includes('surrogate-key') ? tagsIn(['surrogate-key'], tags) : {}),
    ...(headers.includes('surrogate-key') && token !== null ? { 'fastly-key': token } : {}),
  });

const tagsIn = (headers: readonly TagHeader[], tags: readonly string[]): Record<string, string> =>
  Object.fromEntries(headers.map((name) => [name, tags.join(separators[name])]));

/** The standard's header (RFC 9213), and the one that Fastly reads instead. */
const lifetime = (headers: readonly TagHeader[], value: string): Record<string, string> => ({
  ...(headers.length === 0 ? {} : { 'cdn-cache-control': value }),
  ...(headers.includes('surrogate-key') ? { 'surrogate-control': value } : {}),
});
