import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Authenticate, Caller } from '../../domain/identity/caller.js';
import type { Limits } from '../../domain/limits.js';
import { requireRight } from './access.js';
import { createImageRoute } from './create-image.js';
import { deleteImageRoute } from './delete-image.js';
import { errorType, metalErrorHandler } from './errors.js';
import { findImagesRoute } from './find-images.js';
import { getImageRoute } from './get-image.js';
import { writeGoJson } from './go-json.js';
import { callerOfHmac, type HmacKeys } from './hmac.js';
import { latestImageRoute } from './latest-image.js';
import { listImagesRoute } from './list-images.js';
import type { MetalServices } from './metal-scope.js';
import { requireJson } from './negotiate.js';
import { queryImagesRoute } from './query-images.js';
import { refuseUnknownPath, refuseUnrouted, tolerateSlash } from './routing.js';
import { updateImageRoute } from './update-image.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a caller of a metal route has to be allowed, asked before its body is read. */
    needs?: 'metal.view' | 'metal.admin';
  }
}

export interface MetalRouteOptions extends MetalServices {
  /** What comes before `/v1`, without a slash at its end; empty for nothing. */
  readonly basePath: string;
  readonly authenticate: Authenticate;
  readonly hmacKeys: HmacKeys;
  /** Counts a signature that is not valid; throws once the address has sent too many. */
  readonly noteFailure: (address: string) => void;
  readonly limits: Pick<Limits, 'metalClockSkewSeconds'>;
  readonly now: () => Date;
}

/** metal-stack's API of images, under the base path and at the root: bodies, headers and errors are the vendor's. */
export const metalRoutes = async (server: FastifyInstance, options: MetalRouteOptions): Promise<void> => {
  const { basePath } = options;
  await server.register(versionOne, { ...options, prefix: `${basePath}/v1`, isDocumented: true });
  if (basePath === '') return;
  await server.register(versionOne, { ...options, prefix: '/v1', isDocumented: false });
  // at /v1 the operations at the root handle what is not found
  if (basePath !== '/v1') await server.register(nothing, { prefix: basePath });
};

/** Responds in the vendor's form, whatever the outcome. */
const speakAsVendor = (server: FastifyInstance): void => {
  server.setErrorHandler(metalErrorHandler);
  server.addHook('onRequest', async (_request, reply) => {
    reply.serializer(writeGoJson);
  });
  server.addHook('onSend', async (_request, reply) => {
    // JSON without the charset that Fastify adds; a failure may come from a hook outside of this scope
    if (reply.statusCode !== 304) reply.header('content-type', reply.statusCode < 400 ? 'application/json' : errorType);
  });
};

const nothing = async (scope: FastifyInstance): Promise<void> => {
  speakAsVendor(scope);
  scope.setNotFoundHandler(refuseUnknownPath);
};

interface VersionOptions extends MetalRouteOptions {
  readonly isDocumented: boolean;
}

const versionOne = async (scope: FastifyInstance, options: VersionOptions): Promise<void> => {
  const { metal, authenticate, isDocumented } = options;
  const signer = signerOf(options);
  const server = scope.withTypeProvider<ZodTypeProvider>();
  speakAsVendor(server);
  // each operation decodes its own, as Go does; a DELETE's is not looked at
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  server.addHook('onRequest', async (request) => {
    request.caller = signer(request) ?? (await authenticate(request.headers.authorization, request.ip));
  });
  server.addHook('onRequest', async (request) => {
    const { needs } = request.routeOptions.config;
    if (!needs) return;
    requireJson(request);
    requireRight(request.caller, needs);
  });
  tolerateSlash(server, isDocumented);
  refuseUnrouted(server);

  const services: MetalServices = { metal };
  listImagesRoute(server, services);
  createImageRoute(server, services);
  updateImageRoute(server, services);
  findImagesRoute(server, services);
  getImageRoute(server, services);
  deleteImageRoute(server, services);
  latestImageRoute(server, services);
  queryImagesRoute(server, services);
};

/** The caller that signed a request, or null if it has no signature; a wrong one is a failed attempt of its address. */
const signerOf =
  ({ hmacKeys, now, limits, noteFailure }: MetalRouteOptions) =>
  (request: FastifyRequest): Caller | null => {
    try {
      return callerOfHmac(request, hmacKeys, { now: now(), skewSeconds: limits.metalClockSkewSeconds });
    } catch (error) {
      noteFailure(request.ip);
      throw error;
    }
  };
