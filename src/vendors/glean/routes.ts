import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { UnauthenticatedError } from '../../domain/errors.js';
import { type Authenticate, isAnonymous } from '../../domain/identity/caller.js';
import type { AccountId } from '../../domain/images/image.js';
import type { ImageService } from '../../domain/images/image-service.js';
import { isUtf8Form, queryOf } from '../../lib/utf8.js';
import type { CdnHeaders } from '../../web/images/cdn-headers.js';
import { gleanErrorHandler } from './errors.js';
import { getImageRoute } from './get-image.js';
import { accountOf, type GleanServices } from './glean-services.js';
import { GleanFault } from './problems.js';
import type { FileReceiver } from './receive-file.js';
import { showImageRoute } from './show-image.js';
import { uploadImageRoute } from './upload-image.js';
import { emailAddress } from './wire.js';

export interface GleanRouteOptions extends FileReceiver {
  readonly images: ImageService;
  readonly authenticate: Authenticate;
  /** The account of requests whose key is not for one account, and of those that may do without a key. */
  readonly accountId: AccountId | null;
  readonly cdn: CdnHeaders;
  readonly baseUrl: () => string;
}

/** Glean's API of addressed images, both generations at once, in a scope of its own: bodies and errors are Glean's. */
export const gleanRoutes = async (scope: FastifyInstance, options: GleanRouteOptions): Promise<void> => {
  const { images, authenticate, accountId, cdn, baseUrl, spool, limits } = options;
  const server = scope.withTypeProvider<ZodTypeProvider>();
  server.setErrorHandler(gleanErrorHandler);
  server.removeAllContentTypeParsers();
  // uploads stream from the socket to the disk
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));

  server.addHook('onRequest', async (request) => {
    request.caller = await authenticate(request.headers.authorization, request.ip);
    const isForEverybody = request.routeOptions.config.isPublic && accountId;
    if (isAnonymous(request.caller) && !isForEverybody) throw new UnauthenticatedError('This needs a key.');
    checkActAs(request.headers);
    if (!isUtf8Form(queryOf(request.url))) {
      throw new GleanFault('invalid_parameter', 'The query has escapes that are not valid UTF-8.');
    }
  });

  const services: GleanServices = {
    images,
    accountOf: accountOf(accountId),
    publicAccount: accountId,
    cdn,
    baseUrl,
    spool,
    limits,
  };
  getImageRoute(server, services);
  showImageRoute(server, services);
  uploadImageRoute(server, services);
};

/** "X-Scio-Actas (gen A) / X-Glean-ActAs (gen B): accept both as synonyms." */
const names = ['x-scio-actas', 'x-glean-actas'] as const;

/**
 * Checks the user on whose behalf a client says it acts. A key acts for its account, so the user changes nothing.
 * @throws {GleanFault} for what is no email address, and for two of them.
 */
const checkActAs = (headers: IncomingHttpHeaders): void => {
  const given = names.flatMap((name) => {
    const value = String(headers[name] ?? '').trim();
    if (value === '') return [];
    if (!emailAddress.safeParse(value).success) {
      throw new GleanFault('invalid_parameter', `${name} must be one email address, or empty.`);
    }
    return [value.toLowerCase()];
  });
  if (new Set(given).size > 1) {
    throw new GleanFault(
      'invalid_parameter',
      `${names.join(' and ')} mean the same and name different users. Send one.`,
    );
  }
};
