import { z } from 'zod';
import { type AccountId, type ImageId, publicIdLength } from '../../domain/images/image.js';
import { defaultLimits } from '../../domain/limits.js';

const { pageDefault, pageMax, altTextLength } = defaultLimits;

/** Ids are compared in lower case, whatever a client writes. */
const uuid = <Id extends string>() => z.guid('Must be a UUID.').transform((text) => text.toLowerCase() as Id);

export const accountParams = z.object({ accountID: uuid<AccountId>().describe('The account that owns the images.') });
export const imageParams = accountParams.extend({ imageID: uuid<ImageId>().describe('The image.') });

/** Plain decimal digits only: what else `Number` accepts is a mistake in a URL. */
const wholeNumber = (max: number, takes: string) =>
  z.preprocess(
    (text) => (/^\d{1,16}$/.test(String(text)) ? Number(text) : text),
    z.int(takes).min(0, takes).max(max, takes),
  );

export const listQuery = z.object({
  skip: wholeNumber(Number.MAX_SAFE_INTEGER, 'Must be a whole number from 0.')
    .optional()
    .describe('How many images to pass over. 0 where it is absent.'),
  count: wholeNumber(pageMax, `Must be a whole number from 0 to ${pageMax}.`)
    .optional()
    .describe(`How many images to return at most; ${pageDefault} if absent.`),
});

const dateTime = z.iso.datetime();

/** "Omit when absent (do not send null: older TS SDKs throw)", and "add no extra keys". */
export const imageMetadata = z
  .strictObject({
    imageID: z.guid(),
    publicID: z
      .string()
      .regex(new RegExp(`^[A-Za-z0-9]{${publicIdLength}}$`))
      .describe('Names the image in public links.'),
    altText: z.string().optional().describe('Alternative text; absent where there is none.'),
    link: z.url().describe('The public URL. `?size={width}x{height}` resizes.'),
    createdOn: dateTime,
    updatedOn: dateTime,
    disabledOn: dateTime.optional().describe('Present where the image is disabled.'),
  })
  .meta({ id: 'ImageMetadata', description: 'An image of an account.' });

/** `null` is taken for absent: clients in languages without an absent value send it. */
export const imageMetadataRequest = z
  .object(
    {
      altText: z.string('Must be text.').nullish().describe(`Alternative text of at most ${altTextLength} characters.`),
    },
    'Must be a JSON object, such as {"altText": "A red bicycle"}.',
  )
  .meta({ id: 'ImageMetadataRequest', description: 'What a client says of an image.' });

const imageFile = z
  .file()
  .describe('The PNG, JPEG or WebP file; its type is read from its bytes, not from its name or type.');

export const imageUploadForm = z.object({ image: imageFile, metadata: imageMetadataRequest.optional() });
export const imageUpdateForm = z.object({
  image: imageFile.optional(),
  metadata: imageMetadataRequest.nullish().describe('Absent keeps the metadata, null clears it.'),
});

export const genericError = z
  .strictObject({ error: z.string() })
  .meta({ id: 'GenericError', description: 'What went wrong.' });

const metadataFaults = { altText: z.string().optional() };

export const imageMetadataValidationError = z
  .strictObject(metadataFaults)
  .meta({ id: 'ImageMetadataValidationError', description: 'What is wrong with the metadata.' });

export const imageRequestValidationError = z
  .strictObject({ image: z.string().optional(), metadata: imageMetadataValidationError.optional() })
  .meta({ id: 'ImageRequestValidationError', description: 'What is wrong with the image or its metadata.' });

export type WireImageMetadata = z.infer<typeof imageMetadata>;
