import { z } from 'zod';
import { InvalidInputError } from '../domain/errors.js';
import { identityOf } from '../domain/images/address.js';
import { decodeAddressKey } from '../domain/images/address-key.js';
import type { AddressInput } from '../domain/images/create-address.js';
import type { AccountId } from '../domain/images/image.js';
import type { FetchFile } from '../domain/imports/import-image.js';
import type { AddressedImage } from '../domain/imports/read-through.js';
import type { Limits } from '../domain/limits.js';
import { type FileOptions, fetchImageFile } from './image-file.js';
import type { ForeignItem, Upstream } from './upstream.js';
import { summaryOf } from './upstream-client.js';

export interface GleanCredentials {
  readonly token?: string | undefined;
  /** The user on whose behalf a global token reads. */
  readonly actAs?: string | undefined;
}

/** Which images to import, as Glean's API has no list: the lines of a file. */
export interface GleanLines {
  readonly kind: 'keys' | 'addresses';
  readonly lines: readonly string[];
}

export const gleanHeaders = ({ token, actAs }: GleanCredentials): Record<string, string> => ({
  ...(token ? { authorization: `Bearer ${token}` } : {}),
  ...(actAs ? { 'x-glean-actas': actAs } : {}),
});

interface Request {
  readonly address: AddressInput;
  readonly query: URLSearchParams;
}

interface GleanOptions extends FileOptions {
  readonly baseUrl: string;
  readonly accountId: AccountId;
}

/** Images of a Glean instance by their keys or addresses. They get ids of this installation. */
export const createGleanUpstream = (options: GleanOptions & { limits: Limits; wanted: GleanLines }): Upstream => {
  const { limits, wanted } = options;
  const parse = wanted.kind === 'keys' ? (line: string) => requestOfKey(line, limits) : requestOfAddress;

  const toItem = (line: string): ForeignItem => {
    try {
      return itemOf(options, line, parse(line));
    } catch (error) {
      if (error instanceof InvalidInputError) return { label: line, problem: error.message };
      throw error;
    }
  };

  return {
    source: sourceOf(options),
    async *list() {
      for (const line of new Set(wanted.lines.map((text) => text.trim()))) if (line !== '') yield toItem(line);
    },
  };
};

/** The image at an address, whose file is requested when it is imported: only that says whether Glean has it. */
export const gleanItemAt = (
  options: GleanOptions,
  { address, key }: Omit<AddressedImage, 'accountId'>,
): ForeignItem => {
  const { type, entityId, ds, cid } = address;
  const texts = Object.entries({ type, id: entityId, ds, cid }).flatMap(([name, text]) => (text ? [[name, text]] : []));
  return itemOf(options, identityOf(address), { address, query: new URLSearchParams(key ? { key } : texts) });
};

const sourceOf = ({ baseUrl }: GleanOptions): string => `glean ${baseUrl}`;

const itemOf = (options: GleanOptions, label: string, { address, query }: Request): ForeignItem => ({
  label,
  image: { accountId: options.accountId, address, kept: {}, source: sourceOf(options), revision: null },
  fetch: fetchOf(options, query),
});

/** "If `key` is given, the other parameters should not be used." */
const requestOfKey = (key: string, limits: Limits): Request => ({
  address: decodeAddressKey(key, limits),
  query: new URLSearchParams({ key }),
});

const addressLine = z.strictObject({
  type: z.string(),
  id: z.string().optional(),
  ds: z.string().optional(),
  cid: z.string().optional(),
});

const requestOfAddress = (line: string): Request => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw InvalidInputError.at([], 'Accepts a JSON object, such as {"type":"USER","id":"42"}.');
  }
  const parsed = addressLine.safeParse(value);
  if (!parsed.success) throw InvalidInputError.at([], summaryOf(parsed.error));
  const { id: entityId, ...rest } = parsed.data;
  const given = Object.entries(parsed.data).flatMap(([name, text]) => (text ? [[name, text]] : []));
  return { address: { ...rest, entityId }, query: new URLSearchParams(given) };
};

/** The revision is the ETag, or the hash of the bytes if there is none. */
const fetchOf =
  (options: FileOptions, query: URLSearchParams): FetchFile =>
  async (known) => {
    const fetched = await fetchImageFile(options, {
      path: `/rest/api/v1/images?${query}`,
      headers: { accept: 'image/*', ...(known && isEntityTag(known) ? { 'if-none-match': known } : {}) },
      revisionOf: ({ headers }, sha256) => headers.get('etag') ?? sha256,
    });
    if (!fetched || fetched.revision !== known) return fetched;
    await options.spool.discard(fetched.file);
    return null;
  };

const isEntityTag = (text: string): boolean => text.endsWith('"');
