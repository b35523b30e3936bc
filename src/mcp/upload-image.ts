import { z } from 'zod';
import { InvalidInputError } from '../domain/errors.js';
import { accountFor, accountInput, focalPoint, imageFacts, presentImage } from './present-image.js';
import { defineTool, type McpServices, type Tool } from './tool.js';

export const uploadImageTool = (services: McpServices): Tool =>
  defineTool({
    name: 'upload_image_from_url',
    title: 'Upload an image from a URL',
    description:
      'Has the server fetch a PNG, JPEG, WebP, AVIF or GIF file and adds it to an account. The URL must be https and of a host on the ' +
      `public Internet, and the file at most ${services.limits.fileBytes} bytes. An image that the account already has is ` +
      'refused, with its id.',
    scope: 'images.write',
    input: z.strictObject({
      url: z.string().describe('The https URL of the file.'),
      accountId: accountInput,
      altText: z.string().optional().describe('The alternative text.'),
      focalPoint: focalPoint.optional(),
    }),
    output: imageFacts,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    run: async ({ caller }, { url, accountId: account, ...metadata }) => {
      const { images } = services;
      const accountId = accountFor(caller, 'images.write', account);
      if (!URL.canParse(url)) throw InvalidInputError.at(['url'], 'Must be an absolute https URL.');
      const input = { accountId, url: new URL(url).href };
      const { image } = await images.withFetchedFile(caller, input, (file) =>
        images.upload(caller, { accountId, file, metadata }),
      );
      return { facts: await presentImage(services, image) };
    },
  });
