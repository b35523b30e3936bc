import { z } from 'zod';
import {
  type AccountId,
  asImageId,
  asPublicId,
  baselineFormats,
  type PublicId,
  publicIdLength,
} from '../domain/images/image.js';
import type { FetchFile } from '../domain/imports/import-image.js';
import type { ImportedId } from '../domain/imports/origin.js';
import { type FileOptions, fetchImageFile } from './image-file.js';
import type { ForeignItem, Upstream } from './upstream.js';
import { foreignDate, summaryOf } from './upstream-client.js';

export interface MoovCredentials {
  readonly publicKey?: string | undefined;
  readonly secretKey?: string | undefined;
  readonly accessToken?: string | undefined;
}

/** "Each dimension capped at 2048. If one dimension is 0, scale proportionally": the largest rendition that shows the whole image. */
const rendition = '2048x0';
/** "count: max 200, default 20." */
const pageSize = 200;

const imageMetadata = z.object({
  imageID: z.string().transform((text, context) => asImageId(text) ?? unusable(context, 'is not a UUID')),
  publicID: z
    .string()
    .transform(
      (text, context) => asPublicId(text) ?? unusable(context, `does not have ${publicIdLength} letters and digits`),
    ),
  altText: z.string().nullish(),
  createdOn: foreignDate,
  updatedOn: foreignDate,
  disabledOn: foreignDate.nullish(),
});

const unusable = (context: z.RefinementCtx, message: string): never => {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
};

export const moovHeaders = ({ publicKey, secretKey, accessToken }: MoovCredentials): Record<string, string> => ({
  'x-moov-version': 'v2026.07.00',
  ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}),
  ...(publicKey && secretKey
    ? { authorization: `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString('base64')}` }
    : {}),
});

/** The images of a Moov account. It offers no originals: what is imported is its public rendition. */
export const createMoovUpstream = (options: FileOptions & { baseUrl: string; accountId: AccountId }): Upstream => {
  const { client, baseUrl, accountId } = options;
  const source = `moov ${baseUrl}/accounts/${accountId}`;
  const path = `/accounts/${accountId}/images`;

  const fetchOf =
    (publicId: PublicId, revision: string): FetchFile =>
    () =>
      fetchImageFile(options, {
        path: `/images/${publicId}?size=${rendition}`,
        // all with the same weight, so that the API may keep the format that it has
        headers: { accept: 'image/jpeg, image/png, image/webp' },
        formats: baselineFormats,
        revisionOf: () => revision,
      });

  const toItem = (value: unknown, label: string): ForeignItem => {
    const parsed = imageMetadata.safeParse(value);
    if (!parsed.success) return { label, problem: summaryOf(parsed.error) };
    const { imageID: id, publicID: publicId, altText = null, createdOn, updatedOn, disabledOn = null } = parsed.data;
    // disabling may leave updatedOn as it is
    const revision = JSON.stringify([updatedOn, disabledOn, altText]);
    const kept = { id, publicId, createdOn, updatedOn, disabledOn };
    return {
      label: id,
      image: { accountId, address: null, kept, altText, source, revision },
      fetch: fetchOf(publicId, revision),
    };
  };

  return {
    source,
    /** Until a page brings nothing new: the API may make pages smaller than asked for, and images move between pages meanwhile. */
    async *list() {
      const seen = new Set<string>();
      for (let skip = 0; ; ) {
        const page = await client.json(`${path}?count=${pageSize}&skip=${skip}`, z.array(z.unknown()));
        const labels = page.map((value, index) => labelOf(value) ?? `image ${skip + index + 1} of the list`);
        const fresh = page.flatMap((value, index) => {
          const label = labels[index] ?? '';
          if (seen.has(label)) return [];
          seen.add(label);
          return [toItem(value, label)];
        });
        yield* fresh;
        if (fresh.length === 0) return;
        skip += page.length;
      }
    },
    find({ imageId }: ImportedId) {
      return client.find(`${path}/${imageId}`, (value) => toItem(value, String(imageId)));
    },
  };
};

const labelOf = (value: unknown): string | undefined =>
  z.object({ imageID: z.string() }).safeParse(value).data?.imageID;
