import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Variants } from '../../domain/delivery/variants.js';
import { UnauthenticatedError } from '../../domain/errors.js';
import { type Authenticate, confineCaller, isAnonymous } from '../../domain/identity/caller.js';
import type { AccountId } from '../../domain/images/image.js';
import type { ImageService } from '../../domain/images/image-service.js';
import { readJsonAsUtf8 } from '../../web/bodies/json-bodies.js';
import { deleteImageRoute } from './delete-image.js';
import { moovErrorHandler } from './errors.js';
import { getImageRoute } from './get-image.js';
import { listImagesRoute } from './list-images.js';
import type { MoovDelete, MoovServices } from './moov-services.js';
import { replaceImageRoute } from './replace-image.js';
import { presentImages } from './translate.js';
import { updateImageRoute } from './update-image.js';
import { updateMetadataRoute } from './update-metadata.js';
import type { FormReader } from './upload-form.js';
import { uploadImageRoute } from './upload-image.js';
import { parseVersion } from './version.js';

export interface MoovRouteOptions extends FormReader {
  readonly images: ImageService;
  readonly variants: Variants;
  readonly authenticate: Authenticate;
  readonly deletes: MoovDelete;
}

/** Moov's API of an account's images, both generations at once, in a scope of its own: bodies, versions and errors are Moov's. */
export const moovRoutes = async (scope: FastifyInstance, options: MoovRouteOptions): Promise<void> => {
  const { images, variants, spool, limits, authenticate, deletes } = options;
  const server = scope.withTypeProvider<ZodTypeProvider>();
  server.setErrorHandler(moovErrorHandler());
  server.removeContentTypeParser('text/plain');
  readJsonAsUtf8(scope);

  server.addHook('onRequest', async (request) => {
    parseVersion(request.headers['x-moov-version']);
    request.caller = await authenticate(request.headers.authorization, request.ip);
    if (isAnonymous(request.caller)) throw new UnauthenticatedError('This needs a key.');
  });
  // the parameters are parsed by now, a streamed body is not touched yet
  server.addHook('preHandler', async (request) => {
    const { accountID } = request.params as { accountID: AccountId };
    const scope = request.method === 'GET' ? 'images.read' : 'images.write';
    request.caller = confineCaller(request.caller, scope, accountID);
  });

  const services: MoovServices = {
    images,
    present: presentImages(images, variants),
    forms: { spool, limits },
    deletes,
  };
  listImagesRoute(server, services);
  getImageRoute(server, services);
  updateMetadataRoute(server, services);
  await server.register(async (uploads) => {
    const server = uploads.withTypeProvider<ZodTypeProvider>();
    // they stream from the socket to the disk
    server.addContentTypeParser('multipart/form-data', leaveUnread);
    uploadImageRoute(server, services);
    updateImageRoute(server, services);
    replaceImageRoute(server, services);
  });
  await server.register(async (deletion) => {
    const server = deletion.withTypeProvider<ZodTypeProvider>();
    // clients that send a Content-Type with every request send it without a body, too
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', leaveUnread);
    deleteImageRoute(server, services);
  });
};

const leaveUnread = (_request: FastifyRequest, _payload: unknown, done: (error: null) => void): void => done(null);
