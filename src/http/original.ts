import { create as contentDisposition } from 'content-disposition';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isSigned } from '../domain/delivery/url-signer.js';
import { NotFoundError } from '../domain/errors.js';
import type { Authenticate } from '../domain/identity/caller.js';
import { savedNameOf } from '../domain/images/file-name.js';
import { asAccountId, asImageId, mimeTypeOf, storedFormats } from '../domain/images/image.js';
import type { ImageService } from '../domain/images/image-service.js';
import type { SignedOriginals } from '../domain/originals/signed-originals.js';
import { isNotModified } from '../web/conditional.js';
import { failure, imageResponse, notModified } from '../web/documented-errors.js';
import { clientOf } from '../web/guards/client-of.js';
import { requestTarget } from '../web/images/request-target.js';
import { requestedRange, sendOriginalBytes } from '../web/images/send-original.js';

interface OriginalServices {
  readonly images: ImageService;
  readonly authenticate: Authenticate;
  readonly signedOriginals: SignedOriginals;
}

/** `GET|HEAD /accounts/{accountId}/images/{imageId}/original`: the untouched file, for callers that may read images or have a signed URL. */
export const originalRoute = (
  server: FastifyInstance,
  { images, authenticate, signedOriginals }: OriginalServices,
): void => {
  server.route<{ Params: { accountId: string; imageId: string } }>({
    method: ['GET', 'HEAD'],
    url: '/accounts/:accountId/images/:imageId/original',
    config: { documented: originalOperation },
    // before requests are counted, which are those of the key
    onRequest: async (request) => {
      const accountId = asAccountId(request.params.accountId);
      const bearer = signedOriginals.callerOf(requestTarget(request.raw), accountId, clientOf(request));
      request.caller = bearer ?? (await authenticate(request.headers.authorization, request.ip));
    },
    handler: async (request, reply) => {
      const accountId = asAccountId(request.params.accountId);
      const imageId = asImageId(request.params.imageId);
      if (!accountId || !imageId) throw new NotFoundError('Accounts and images are named by UUIDs here.');
      const original = await images.openOriginal(request.caller, accountId, imageId);
      const { image } = original;
      const etag = `"${image.sha256}"`;
      reply.headers({
        etag,
        'accept-ranges': 'bytes',
        // the file is not public: shared caches must not keep it, and the client's own revalidates it each time
        'cache-control': 'private, no-cache',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        // a page of any origin may show the image by a signed URL
        ...(isSigned(requestTarget(request.raw)) ? { 'cross-origin-resource-policy': 'cross-origin' } : {}),
      });
      if (isNotModified(request.headers, etag)) return reply.code(304).send();
      // "the Range header field is only defined for GET" (RFC 9110, section 14.2)
      const range =
        request.method === 'GET' ? requestedRange(request.headers, { etag, byteSize: image.byteSize }) : undefined;
      if (range === 'unsatisfiable') {
        const error = `Range begins after the end of the file, which has ${image.byteSize} bytes.`;
        reply.headers({ 'content-range': `bytes */${image.byteSize}`, 'cache-control': 'no-store' });
        return reply.code(416).send({ error });
      }
      reply.header('content-disposition', contentDisposition(savedNameOf(image)));
      return sendOriginalBytes(request, reply, original, range);
    },
  });
};

/** The original's route in the API document. */
const originalOperation = {
  tags: ['Public images'],
  operationId: 'getOriginalImage',
  summary: 'Get the file of an image as it was uploaded',
  security: [{ basic: [] }, { bearer: [] }, {}],
  params: z.object({ accountId: z.guid(), imageId: z.guid() }),
  querystring: z.object({
    exp: z.string().optional().describe('When a signed URL expires, in seconds since 1970-01-01T00:00:00Z.'),
    sig: z.string().optional().describe('The signature, as GraphQL issues it, in place of a key.'),
  }),
  headers: z.object({
    'if-none-match': z.string().optional().describe('The ETag of what the client has.'),
    range: z
      .string()
      .optional()
      .describe('One part of the file, such as `bytes=0-999`. Several parts are sent as the whole file.'),
    'if-range': z.string().optional().describe('The ETag that the file must have for `Range` to count.'),
  }),
  response: {
    200: imageResponse('The file.', storedFormats.map(mimeTypeOf)),
    206: imageResponse('The requested part of the file.', storedFormats.map(mimeTypeOf)),
    304: notModified,
    401: failure('The key is missing or not good.'),
    403: failure('The key does not allow this, or the signed URL is changed or expired.'),
    404: failure('There is no such image.'),
    416: failure('The file ends before the requested part.'),
    429: failure('The key has made too many requests.'),
    '5xx': failure('The server failed.'),
  },
};
