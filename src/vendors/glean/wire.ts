import { z } from 'zod';
import { addressTypes } from '../../domain/images/address.js';
import { defaultLimits } from '../../domain/limits.js';

/** "Empty params arrive as `ds=` […] => treat empty == absent." */
const orAbsent = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema);

const longText = `At most ${defaultLimits.addressPartLength} characters; an empty text is treated as absent.`;
const text = (description: string) => orAbsent(z.string('Accepts one text.').optional()).describe(description);
const type = z.enum(addressTypes, `Accepts ${addressTypes.join(', ')}.`);

const addressTexts = {
  id: text(`The entity, as the type has it: a user, a content, a doctype. ${longText}`),
  ds: text(`The datasource. ${longText}`),
  cid: text(`The content id, which distinguishes the images of one entity and datasource. ${longText}`),
};

export const imageQuery = z.object({
  key: text('The key in the url of an upload. It excludes all other parameters.'),
  type: orAbsent(type.optional()).describe('What kind of thing the image belongs to.'),
  ...addressTexts,
});

export const uploadQuery = z.object({
  type: orAbsent(type.optional()).describe(
    'What kind of thing the image belongs to. Without it the image is stored as UGC; without an id too, under a new one.',
  ),
  ...addressTexts,
});

/** As browsers' email fields accept it, which is wider than zod's own: `user@localhost`, `r&d@example.com`, names in Punycode. */
export const emailAddress = z.email({ pattern: z.regexes.html5Email });

/** "All must be JSON strings when present: omit absent fields, never null." */
const imageMetadata = z
  .strictObject({
    type,
    id: z.string().optional(),
    ds: z.string().optional(),
    cid: z.string().optional(),
    docid: z.string().optional().describe('The document of a document image.'),
    ext: z.string().describe('What the file ends with, dot included.'),
  })
  .meta({ id: 'GleanImageMetadata', description: 'Where an image belongs.' });

export const uploadImageResponse = z
  .strictObject({ url: z.url().describe('Where the image is served, by its key.'), metadata: imageMetadata })
  .meta({ id: 'UploadImageResponse', description: 'An image that was uploaded.' });

export const problemDetail = z
  .strictObject({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    request_id: z.guid(),
  })
  .meta({ id: 'ProblemDetail', description: 'What went wrong (RFC 9457).' });

export type ImageQuery = z.infer<typeof imageQuery>;
export type UploadQuery = z.infer<typeof uploadQuery>;
export type WireUploadResponse = z.infer<typeof uploadImageResponse>;
export type WireProblem = z.infer<typeof problemDetail>;
