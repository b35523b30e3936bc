import { z } from 'zod';

const error = z.strictObject({ error: z.string() }).meta({ id: 'Error', description: 'What went wrong.' });

/** A failure of the plain HTTP routes, for the API document. */
export const failure = (description: string) => ({ description, content: { 'application/json': { schema: error } } });

/** The bytes of images, for the API document. */
export const imageResponse = (description: string, mimeTypes: readonly string[]) => ({
  description,
  content: Object.fromEntries(mimeTypes.map((type) => [type, { schema: z.file() }])),
});

export const notModified = z.undefined().describe('The client has it: If-None-Match names the ETag.');
