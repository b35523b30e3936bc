import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../../domain/identity/caller.js';
import type { TokenService } from '../../../domain/identity/token-service.js';

/** What the operations work with. */
export interface OAuthServices {
  readonly tokens: TokenService;
  /** Who sends a key, as Basic or in the body. */
  readonly keyHolderOf: (request: FastifyRequest, body: ClientFields) => Promise<Caller>;
  /** The same, or the caller of an access token. */
  readonly callerOf: (request: FastifyRequest, body: ClientFields) => Promise<Caller>;
}

/** Credentials in a body. */
export interface ClientFields {
  readonly client_id?: string | undefined;
  readonly client_secret?: string | undefined;
}
