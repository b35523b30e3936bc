import { z } from 'zod';
import { metalClassifications, metalFeatures } from '../../domain/metal/metal-image.js';
import { parseGoTime } from './go-time.js';

export const imageParams = z.object({ id: z.string().describe('The id of the image.') });
export const shortIdParams = z.object({
  id: z.string().describe('The id of an image, in full or without its patch: ubuntu-24.4 stands for every 24.4.x.'),
});

const truth = (description: string) =>
  z.string().optional().describe(`${description} Accepts 1, t, T, TRUE, true, True, 0, f, F, FALSE, false or False.`);

export const usageQuery = z.object({ 'show-usage': truth('Whether to include the machines that use each image.') });
export const latestQuery = z.object({
  'include-expired': truth('Whether an image that is expired may be the latest.'),
});

const dateTime = z
  .string()
  .transform((text, context) => {
    const date = parseGoTime(text);
    if (date instanceof Date) return date;
    context.addIssue(date.fault);
    return z.NEVER;
  })
  .meta({ format: 'date-time' });

const features = z.array(z.string());
const changeable = {
  name: z.string().optional(),
  description: z.string().optional(),
  features: features.optional().describe(`Each one of ${metalFeatures.join(', ')}.`),
  classification: z
    .string()
    .optional()
    .describe(`One of ${metalClassifications.join(', ')}.`),
  expirationDate: dateTime.optional().describe('RFC 3339 with a zone.'),
};

export const imageCreateRequest = z
  .object({ id: z.string().optional(), url: z.string().optional(), ...changeable })
  .meta({ id: 'V1ImageCreateRequest', description: 'A new image; `id` and `url` are required.' });

export const imageUpdateRequest = z
  .object({
    id: z.string().optional(),
    url: z.string().optional(),
    ...changeable,
    changed: dateTime
      .optional()
      .describe('The `changed` of the image that the client read, in any zone; 409 if it has changed since.'),
  })
  .meta({ id: 'V1ImageUpdateRequest', description: 'The fields to change of the image with this `id`.' });

export const imageFindRequest = z
  .object({
    id: z.string().optional(),
    name: z.string().optional(),
    os: z.string().optional(),
    version: z.string().optional().describe('In full, such as 24.4.20260101.'),
    classification: z.string().optional(),
    features: features.optional().describe('The image has all of them.'),
  })
  .meta({ id: 'V1ImageFindRequest', description: 'An image meets every condition that is given.' });

export type WireFindRequest = z.output<typeof imageFindRequest>;

/** "name/description/url are always emitted; features always an array; created, changed always." */
export const imageResponse = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    url: z.string(),
    features: z.array(z.enum(metalFeatures)),
    expirationDate: z.iso.datetime(),
    classification: z.enum(metalClassifications),
    usedby: z
      .array(z.string())
      .nullable()
      .describe('The machines that use it; null unless asked for, or where there are none.'),
    changed: z.iso.datetime(),
    created: z.iso.datetime(),
  })
  .meta({ id: 'V1ImageResponse', description: 'An operating-system image for machines.' });

export type WireImage = z.infer<typeof imageResponse>;

export const httpErrorResponse = z
  .strictObject({ statuscode: z.int(), message: z.string() })
  .meta({ id: 'HttperrorsHTTPErrorResponse', description: 'What went wrong; `statuscode` is the HTTP status.' });
