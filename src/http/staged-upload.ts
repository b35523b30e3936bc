import type { FastifyInstance } from 'fastify';
import { InvalidInputError, NotFoundError } from '../domain/errors.js';
import { asAccountId } from '../domain/images/image.js';
import type { ImageService } from '../domain/images/image-service.js';
import type { Spool } from '../domain/ports.js';
import { bytesOf } from '../web/body-bytes.js';

const cutOff = (): InvalidInputError =>
  InvalidInputError.at([], 'The body ended before it was complete. Send the whole file again.');

/**
 * `PUT /uploads/{accountId}/{uploadId}`: accepts the file of a staged upload. The path is the permission: its id is a secret that only
 * the account has, and that is good for one file of one size.
 */
export const stagedUploadRoute = (server: FastifyInstance, images: ImageService, spool: Spool): void => {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // the body is read below, once it is known to be wanted
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    scope.put<{ Params: { accountId: string; uploadId: string } }>(
      '/uploads/:accountId/:uploadId',
      async ({ params, raw, headers }, reply) => {
        const accountId = asAccountId(params.accountId);
        if (!accountId) throw new NotFoundError('There is no upload here.');
        const upload = await images.findStagedUpload(accountId, params.uploadId);
        if (Number(headers['content-length']) !== upload.byteSize) {
          throw InvalidInputError.at(
            [],
            `The body must have exactly ${upload.byteSize} bytes, as the upload was created for, and say so in Content-Length.`,
          );
        }
        const file = await spool.receive(bytesOf(raw, upload.byteSize, cutOff), upload.byteSize);
        try {
          await images.keepStagedFile(upload, file);
        } finally {
          await spool.discard(file);
        }
        return reply.code(204).header('cache-control', 'no-store').send();
      },
    );
  });
};
