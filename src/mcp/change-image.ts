import { z } from 'zod';
import { focalPoint, imageFacts, imageIdInput, parseImageId, presentImage } from './present-image.js';
import { defineTool, type McpServices, type Tool } from './tool.js';

/** What was there before is replaced; the same call again changes nothing. */
const annotations = { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false } as const;

export const setAltTextTool = (services: McpServices): Tool =>
  defineTool({
    name: 'set_alt_text',
    title: 'Set an alternative text',
    description:
      'Sets the alternative text of an image, which screen readers read and which pages show if the image does not load. ' +
      'Say what the image shows in a sentence or two, without "image of". Replaces a text that is already there. Look at ' +
      'the image first.',
    scope: 'images.write',
    input: z.strictObject({
      id: imageIdInput,
      altText: z
        .string()
        .nullable()
        .describe(`The text, at most ${services.limits.altTextLength} characters; null removes it.`),
    }),
    output: imageFacts,
    annotations,
    run: async ({ caller }, { id, altText }) => {
      const image = await services.images.update(caller, { id: parseImageId(id), metadata: { altText } });
      return { facts: await presentImage(services, image) };
    },
  });

export const setFocalPointTool = (services: McpServices): Tool =>
  defineTool({
    name: 'set_focal_point',
    title: 'Set a focal point',
    description:
      'Sets the point of an image that stays in view when it is cropped to another shape, such as a face. Replaces the one ' +
      'before. Look at the image first.',
    scope: 'images.write',
    input: z.strictObject({ id: imageIdInput, focalPoint: focalPoint.nullable().describe('Null removes it.') }),
    output: imageFacts,
    annotations,
    run: async ({ caller }, { id, focalPoint }) => {
      const image = await services.images.update(caller, { id: parseImageId(id), metadata: { focalPoint } });
      return { facts: await presentImage(services, image) };
    },
  });
