import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { DomainError } from '../../domain/errors.js';
import { type Authenticate, authorize, type Caller, isAnonymous } from '../../domain/identity/caller.js';
import type { Scope } from '../../domain/identity/scope.js';
import type { Limits } from '../../domain/limits.js';
import { parseAccept } from '../../lib/accept.js';
import { mediaTypeOf } from '../../lib/media-type.js';
import { createImageRoute } from './create-image.js';
import { deleteImageRoute } from './delete-image.js';
import { errorType, metalErrorHandler } from './errors.js';
import { findImagesRoute } from './find-images.js';
import { getImageRoute } from './get-image.js';
import { writeGoJson } from './go-json.js';
import { callerOfHmac, type HmacKeys } from './hmac.js';
import { latestImageRoute } from './latest-image.js';
import { listImagesRoute } from './list-images.js';
import { MetalFault } from './metal-fault.js';
import type { MetalServices } from './metal-services.js';
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

type MetalScope = Extract<Scope, `metal.${string}`>;

/** The vendor's groups of each right; its views are allowed to editors and administrators too. */
const groups = {
  'metal.view': ['view', 'edit', 'admin'],
  'metal.edit': ['edit', 'admin'],
  'metal.admin': ['admin'],
} as const satisfies Record<MetalScope, readonly string[]>;

/**
 * The same guard as the domain's, before a body is read and in the vendor's words.
 * @throws {MetalFault} 403
 */
const requireRight = (caller: Caller, scope: MetalScope): void => {
  try {
    authorize(caller, scope);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // "user's tenant must be the provider tenant": an anonymous caller has none, hence the two spaces
    if (isAnonymous(caller)) throw new MetalFault(403, 'tenant  not allowed');
    const names = groups[scope].flatMap((group) => [`k8s_kaas-${group}`, `maas-all-all-${group}`]);
    throw new MetalFault(403, `you are not member in one of [${names.join(' ')}]`);
  }
};

const json = 'application/json';

/**
 * "415 arises for PUT/POST with a non-empty body whose Content-Type is missing or not application/json (`;charset=…` allowed)", and
 * after it 406 for a client that does not accept JSON.
 * @throws {MetalFault} before the body is read.
 */
const requireJson = ({ method, headers }: FastifyRequest): void => {
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
  const takesBody = method === 'PUT' || method === 'POST';
  if (takesBody && !isEmpty && mediaTypeOf(headers['content-type']) !== json) {
    throw new MetalFault(415, '415: Unsupported Media Type');
  }
  if (parseAccept(headers.accept)(json).weight === 0) {
    throw new MetalFault(406, `406: Not Acceptable\n\nAvailable representations: ${json}`);
  }
};
