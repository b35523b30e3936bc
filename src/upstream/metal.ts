import { createHash, createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { ImportedId } from '../domain/imports/origin.js';
import type { ForeignItem, Upstream } from './upstream.js';
import { foreignDate, summaryOf, type UpstreamClient } from './upstream-client.js';

export interface MetalCredentials {
  readonly token?: string | undefined;
  readonly hmacKey?: string | undefined;
  readonly hmacType: 'Metal-View' | 'Metal-Edit' | 'Metal-Admin';
}

const imageResponse = z.object({
  id: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  url: z.string().nullish(),
  features: z.array(z.string()).nullish(),
  // "\"\" possible for legacy rows"
  classification: z
    .string()
    .nullish()
    .transform((text) => text || null),
  expirationDate: foreignDate,
  created: foreignDate.nullish(),
  changed: foreignDate.nullish(),
});

/** "hex = lower-case HMAC-SHA256(key, xdate ‖ METHOD ‖ salt)"; "when both are given HMAC wins". */
export const metalHeaders = ({ token, hmacKey, hmacType }: MetalCredentials): Record<string, string> => {
  if (!hmacKey) return token ? { authorization: `Bearer ${token}` } : {};
  const signedOn = `${new Date().toISOString().slice(0, 19)}Z`;
  const salt = randomBytes(12).toString('hex');
  const signature = createHmac('sha256', hmacKey).update(`${signedOn}GET${salt}`).digest('hex');
  return { 'x-date': signedOn, 'x-data-salt': salt, authorization: `${hmacType} ${signature}` };
};

/** The images of a metal-stack. */
export const createMetalUpstream = ({ client, baseUrl }: { client: UpstreamClient; baseUrl: string }): Upstream => {
  const source = `metal ${baseUrl}`;

  const toItem = (value: unknown, label: string): ForeignItem => {
    const parsed = imageResponse.safeParse(value);
    if (!parsed.success) return { label, problem: summaryOf(parsed.error) };
    const { id: imageId, created, changed, features, ...rest } = parsed.data;
    // "order is RANDOM upstream"
    const input = { ...rest, imageId, features: features?.toSorted() ?? [] };
    const revision = createHash('sha256')
      .update(JSON.stringify([input, created, changed]))
      .digest('hex');
    return {
      label,
      metalImage: { input, created: created ?? undefined, changed: changed ?? undefined, origin: { source, revision } },
    };
  };

  return {
    source,
    /** "All rows, no paging." */
    async *list() {
      const images = await client.json('/v1/image', z.array(z.unknown()));
      for (const [index, value] of images.entries()) {
        const { id } = z.object({ id: z.string() }).safeParse(value).data ?? {};
        yield toItem(value, id ?? `image ${index + 1} of the list`);
      }
    },
    find({ metalImageId = '' }: ImportedId) {
      return client.find(`/v1/image/${encodeURIComponent(metalImageId)}`, (value) => toItem(value, metalImageId));
    },
  };
};
