import { createHash } from 'node:crypto';
import type { Image } from '../images/image.js';

/** On every response that is tagged. */
export const everyImageTag = 'images';

/** By which a CDN finds what was rendered from an image. Cloudflare compares tags without case, which purges too much at worst. */
export const imageTagOf = (publicId: string): string => `image-${publicId}`;

/** Caches may pass tags on to anyone who sees an image, so the account's id is not in them; 64 bits of its hash name it as well. */
const accountTagOf = (accountId: string): string =>
  `account-${createHash('sha256').update(accountId).digest('hex').slice(0, 16)}`;

/** The tags of what is rendered from an image. */
export const cacheTagsOf = ({ publicId, accountId }: Pick<Image, 'publicId' | 'accountId'>): readonly string[] => [
  everyImageTag,
  accountTagOf(accountId),
  imageTagOf(publicId),
];
