import { z } from 'zod';
import { InvalidInputError, NotFoundError } from '../domain/errors.js';
import { authorize, type Caller } from '../domain/identity/caller.js';
import type { Scope } from '../domain/identity/scope.js';
import { type AccountId, asAccountId, asImageId, type Image, type ImageId } from '../domain/images/image.js';
import type { McpServices } from './tool.js';

export const imageIdInput = z.string().describe('The id of the image, a UUID, as find_images returns it.');

export const accountInput = z
  .string()
  .optional()
  .describe("The UUID of the account. Defaults to the key's own; required if the key is for all accounts.");

/** Fractions from 0 to 1, which the operation checks. */
export const focalPoint = z
  .strictObject({
    x: z.number().describe('From 0, the left edge, to 1, the right edge.'),
    y: z.number().describe('From 0, the top edge, to 1, the bottom edge.'),
  })
  .describe('The point that stays in view when the image is cropped.');

export const imageFacts = z.object({
  id: z.string(),
  accountId: z.string(),
  altText: z.string().nullable().describe('The alternative text, written by users. Null if there is none.'),
  focalPoint: z.object({ x: z.number(), y: z.number() }).nullable(),
  fileName: z.string().nullable().describe('The name of the uploaded file, chosen by users.'),
  mimeType: z.string(),
  width: z.number().int(),
  height: z.number().int(),
  byteSize: z.number().int(),
  hasAlpha: z.boolean(),
  frameCount: z.number().int().describe('More than 1 for an animation.'),
  disabled: z.boolean(),
  createdOn: z.string(),
  url: z.string().describe('The public URL.'),
});

type ImageFacts = z.input<typeof imageFacts>;

/** The facts of images that the caller may see, by two SELECTs for all of them. */
export const presentImages = async (
  { images, variants }: Pick<McpServices, 'images' | 'variants'>,
  found: readonly Image[],
): Promise<ImageFacts[]> => {
  const [metadata, blobs] = await Promise.all([
    images.findMetadata(found.map(({ id }) => id)),
    images.findBlobs(found.map(({ sha256 }) => sha256)),
  ]);
  return found.flatMap((image, index): ImageFacts[] => {
    const blob = blobs[index];
    // replaced or deleted since it was found
    if (!blob) return [];
    return [
      {
        id: image.id,
        accountId: image.accountId,
        altText: metadata[index]?.altText ?? null,
        focalPoint: metadata[index]?.focalPoint ?? null,
        fileName: image.fileName,
        mimeType: image.mimeType,
        width: blob.width,
        height: blob.height,
        byteSize: image.byteSize,
        hasAlpha: blob.hasAlpha,
        frameCount: blob.frameCount,
        disabled: image.disabledOn !== null,
        createdOn: image.createdOn.toISOString(),
        url: variants.link(image),
      },
    ];
  });
};

/** @throws {NotFoundError} if the image was deleted since it was found. */
export const presentImage = async (services: McpServices, image: Image): Promise<ImageFacts> => {
  const [facts] = await presentImages(services, [image]);
  if (facts) return facts;
  throw new NotFoundError(`No image has the id ${image.id}.`);
};

/** @throws {InvalidInputError} for what is no UUID. */
export const parseImageId = (text: string): ImageId => {
  const id = asImageId(text);
  if (id) return id;
  throw InvalidInputError.at(['id'], 'Accepts the UUID of an image, as find_images returns it.');
};

/**
 * The account that is named, or the caller's own; nothing else of the input is looked at before.
 * @throws {InvalidInputError} for what is no UUID, and if there is neither. {@link ForbiddenError} for another's.
 */
export const accountFor = (caller: Caller, scope: Scope, text: string | undefined): AccountId => {
  const accountId = text === undefined ? caller.accountId : asAccountId(text);
  authorize(caller, scope, accountId ?? undefined);
  if (accountId) return accountId;
  throw InvalidInputError.at(
    ['accountId'],
    'Is required as the UUID of an account: the caller is not confined to one account.',
  );
};
