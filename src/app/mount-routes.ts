import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.js';
import type { TransformPolicy } from '../domain/delivery/transform-policy.js';
import { Variants } from '../domain/delivery/variants.js';
import type { SignedOriginals } from '../domain/originals/signed-originals.js';
import { graphqlRoutes } from '../graphql/routes.js';
import { schemaRoute } from '../graphql/schema-route.js';
import type { TrustedDocuments } from '../graphql/trusted-documents.js';
import { consolePath, consoleRoutes } from '../http/console.js';
import { faviconRoutes } from '../http/favicon.js';
import { frontPageRoute } from '../http/front-page.js';
import { healthRoutes } from '../http/health.js';
import { metricsRoute } from '../http/metrics.js';
import { originalRoute } from '../http/original.js';
import { publicImageRoute } from '../http/public-image.js';
import { stagedUploadRoute } from '../http/staged-upload.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Tracing } from '../telemetry/tracing.js';
import { gleanRoutes } from '../vendors/glean/routes.js';
import { metalRoutes } from '../vendors/metal/routes.js';
import { oauthRoutes } from '../vendors/moov/oauth/routes.js';
import { moovRoutes } from '../vendors/moov/routes.js';
import { compressTexts } from '../web/bodies/compression.js';
import type { FinishedRequest } from '../web/connections/finished-requests.js';
import { clientOf, identifyClients } from '../web/guards/client-of.js';
import { allowOrigins } from '../web/guards/cors.js';
import { guardAgainstForeignPages } from '../web/guards/cross-site-guard.js';
import { guardHost, ownHosts } from '../web/guards/host-guard.js';
import { limitRates } from '../web/guards/rate-limit.js';
import type { CdnHeaders } from '../web/images/cdn-headers.js';
import type { ImageResponses } from '../web/images/image-responses.js';
import { describeApi, version } from '../web/openapi.js';
import type { Services } from './create-services.js';
import { entryPointsOf } from './entry-points.js';
import type { Lifecycle } from './lifecycle.js';
import type { Adapters } from './open-adapters.js';
import { uploadCommand } from './start-message.js';

interface Parts {
  readonly adapters: Adapters;
  readonly services: Services;
  readonly policy: TransformPolicy;
  readonly signedOriginals: SignedOriginals;
  readonly responses: ImageResponses;
  readonly cdn: CdnHeaders;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
  readonly lifecycle: Lifecycle;
  readonly now: () => Date;
  /** Whether plain GraphQL requests run without Yoga's own requests and responses. */
  readonly direct: boolean;
  readonly compileAfter: number | undefined;
  readonly trusted: TrustedDocuments;
  /** Whether the guards judge `X-Forwarded-Host`. */
  readonly looksBehindProxies: boolean;
  readonly finished: (request: FinishedRequest) => void;
  /** Where clients reach this server; known once it listens. */
  readonly baseUrl: () => string;
}

/** Guards and routes, in the order in which they see a request: a hook holds for the routes that are registered after it. */
export const mountRoutes = async (server: FastifyInstance, config: Config, parts: Parts): Promise<void> => {
  const { services, baseUrl } = parts;
  const variants = new Variants(baseUrl, config.limits, parts.policy, parts.signedOriginals);
  // if keys are needed, a page that reaches the server by another name has none to send
  if (config.auth === 'open') guardHost(server, config.publicUrl);
  await allowOrigins(server, config.corsOrigins);
  compressTexts(server);
  await mountOperation(server, config, parts);
  // both see the routes that are registered after them; a route that looks at no key has no caller
  identifyClients(server);
  await limitRates(server, { ...config.rateLimits, keyOf: ({ caller }) => caller?.keyId ?? null });
  await describeApi(server, { baseUrl });
  publicImageRoute(server, parts.responses);
  originalRoute(server, { ...services, signedOriginals: parts.signedOriginals });
  stagedUploadRoute(server, services.images, parts.adapters.spool);
  await server.register((vendors) => mountVendors(vendors, config, parts, variants));
  if (config.mcp) await server.register((scope) => mountMcp(scope, config, parts, variants));
  schemaRoute(server, config);
  await mountGraphql(server, config, parts, variants);
};

/** For the operators of the server and their monitoring. */
const mountOperation = async (
  server: FastifyInstance,
  config: Config,
  { adapters, metrics, lifecycle, baseUrl }: Parts,
): Promise<void> => {
  healthRoutes(server, {
    running: async () => {
      if (lifecycle.isClosing) throw new Error('The server is stopping.');
    },
    database: () => adapters.state.check(),
    changes: () => adapters.state.checkHeard(),
    blobStore: () => adapters.checkBlobStore(),
    diskSpace: () => adapters.space.require(),
    dataFolder: () => writeFile(join(config.dataFolder, 'ready'), 'written by the readiness check'),
  });
  metricsRoute(server, metrics);
  faviconRoutes(server);
  if (config.console) await consoleRoutes(server);
  const asksForKey = config.auth === 'keys';
  frontPageRoute(server, {
    entryPoints: entryPointsOf(config),
    baseUrl,
    asksForKey,
    console: config.console ? consolePath : null,
    uploadCommand: () => uploadCommand(baseUrl(), asksForKey),
  });
};

const mountVendors = async (
  vendors: FastifyInstance,
  config: Config,
  parts: Parts,
  variants: Variants,
): Promise<void> => {
  const { limits } = config;
  const { services, adapters, cdn, now, baseUrl } = parts;
  const { images, metal, tokens, authenticate, authenticateByKey, failedAttempts } = services;
  const { spool } = adapters;
  guardAgainstForeignPages(vendors, config.corsOrigins);
  await vendors.register(moovRoutes, {
    images,
    variants,
    spool,
    limits,
    authenticate,
    deletes: config.moovDelete,
  });
  await vendors.register(oauthRoutes, { tokens, authenticate, authenticateByKey });
  await vendors.register(metalRoutes, {
    metal,
    authenticate,
    basePath: config.metalBasePath,
    hmacKeys: config.metalHmacKeys,
    noteFailure: (address) => failedAttempts.note(address),
    limits,
    now,
  });
  await vendors.register(gleanRoutes, {
    images,
    authenticate,
    accountId: config.gleanAccountId,
    cdn,
    baseUrl,
    spool,
    limits,
  });
};

/** Its library takes memory, and time to start: it is loaded only if it is wanted. */
const mountMcp = async (
  scope: FastifyInstance,
  config: Config,
  { services: { images, metal, authenticate } }: Parts,
  variants: Variants,
): Promise<void> => {
  const { mcpRoutes } = await import('../mcp/routes.js');
  // "Servers MUST validate the Origin header on all incoming connections to prevent DNS rebinding attacks."
  guardAgainstForeignPages(scope, config.corsOrigins);
  await mcpRoutes(scope, { images, metal, variants, limits: config.limits, authenticate, version });
};

/** Null if requests are counted or pages of other origins get CORS headers: the shortcut does neither. */
const shortcutOf = (config: Config, { direct, looksBehindProxies, finished }: Parts) => {
  if (!direct || config.rateLimits.perMinute > 0 || config.corsOrigins.length > 0) return null;
  const isOwnHost = config.auth === 'open' ? ownHosts(config.publicUrl) : () => true;
  return { isOwnHost, looksBehindProxies, finished };
};

const mountGraphql = async (
  server: FastifyInstance,
  config: Config,
  parts: Parts,
  variants: Variants,
): Promise<void> => {
  const { limits } = config;
  const { services, adapters, metrics, tracing } = parts;
  const { images, metal, webhooks, authenticate, confirm } = services;
  await server.register(graphqlRoutes, {
    services: {
      images,
      metal,
      webhooks,
      variants,
      presets: config.presets,
      defaultLocale: config.defaultLocale,
      limits,
    },
    spool: adapters.spool,
    authenticate,
    confirm,
    asksForKey: config.auth === 'keys',
    introspection: config.introspection,
    trusted: parts.trusted,
    traceOperation: tracing && ((type, name, run) => tracing.operation(type, name, run)),
    countOperation: (kind, outcome) => metrics.operationFinished(kind, outcome),
    graphiql: config.graphiql,
    clientOf,
    direct: parts.direct,
    shortcut: shortcutOf(config, parts),
    compileAfter: parts.compileAfter,
  });
};
