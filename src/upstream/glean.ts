import { z } from 'zod';
import { InvalidInputError } from '../domain/errors.js';
import { decodeAddressKey } from '../domain/images/address-key.js';
import type { AddressInput } from '../domain/images/create-address.js';
import type { AccountId } from '../domain/images/image.js';
import type { FetchFile } from '../domain/imports/import-image.js';
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
  readonly limits: Limits;
  readonly wanted: GleanLines;
}

/** Images of a Glean instance by their keys or addresses. They get ids of this installation. */
export const createGleanUpstream = (options: GleanOptions): Upstream => {
  const { baseUrl, accountId, limits, wanted } = options;
  const source = `glean ${baseUrl}`;
  const parse = wanted.kind === 'keys' ? (line: string) => requestOfKey(line, limits) : requestOfAddress;

  const toItem = (line: string): ForeignItem => {
    try {
      const { address, query } = parse(line);
      const image = { accountId, address, kept: {}, source, revision: null };
      return { label: line, image, fetch: fetchOf(options, query) };
    } catch (error) {
      if (error instanceof InvalidInputError) return { label: line, problem: error.message };
      throw error;
    }
  };

  return {
    source,
    async *list() {
      for (const line of new Set(wanted.lines.map((text) => text.trim()))) if (line !== '') yield toItem(line);
    },
  };
};

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
