import { cacheTagsOf } from '../../domain/delivery/cache-tags.js';
import type { Image } from '../../domain/images/image.js';

/** How the tags of a response are written: as Cloudflare reads them, and as Fastly and Varnish do. */
export const tagHeaders = ['cache-tag', 'surrogate-key'] as const;
export type TagHeader = (typeof tagHeaders)[number];

/** Headers for a CDN in front of the server. */
export interface CdnHeaders {
  /** Of what is rendered from an image. A CDN keeps nothing of a disabled one. */
  of(image: Pick<Image, 'publicId' | 'accountId' | 'disabledOn'>): Readonly<Record<string, string>>;
  /** Of a response that clients may keep, but the CDN may not. */
  readonly notKept: Readonly<Record<string, string>>;
}

const separators = { 'cache-tag': ',', 'surrogate-key': ' ' } as const satisfies Record<TagHeader, string>;

/** Without headers to write tags into, none of these headers. */
export const cdnHeaders = (headers: readonly TagHeader[]): CdnHeaders => {
  const notKept = lifetime(headers, 'no-store, max-age=0');
  return {
    of: (image) => {
      if (headers.length === 0 || image.disabledOn) return notKept;
      const tags = cacheTagsOf(image);
      return Object.fromEntries(headers.map((name) => [name, tags.join(separators[name])]));
    },
    notKept,
  };
};

/** The standard's header (RFC 9213), and the one that Fastly reads instead. */
const lifetime = (headers: readonly TagHeader[], value: string): Record<string, string> => ({
  ...(headers.length === 0 ? {} : { 'cdn-cache-control': value }),
  ...(headers.includes('surrogate-key') ? { 'surrogate-control': value } : {}),
});
