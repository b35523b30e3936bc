import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route is public: its requests are counted by address, and separately from those of the APIs. */
    isPublic?: boolean;
  }
}

export interface RateLimitOptions {
  /** Requests a minute of one key, or of one address where there is no key; 0 for no limit. */
  readonly perMinute: number;
  /** Requests a minute of one address to public routes; 0 for no limit. */
  readonly publicPerMinute: number;
  /** The verified key of a request: a key that a client merely claims must not use up somebody else's share. */
  readonly keyOf: (request: FastifyRequest) => string | null;
}

/** Each scope's error handler gives it the form of its API. */
class RateLimitError extends Error {
  override readonly name = 'RateLimitError';
  readonly statusCode = 429;
}

const oneMinuteMs = 60_000;

// exported, but missing in its types
const { normalizeIP } = rateLimit as unknown as { normalizeIP(ip: string): string };

/**
 * The client at an address. One client may own a whole IPv6 /64, so its addresses count as one. A closed connection has no address.
 */
export const clientAt = (address: string | undefined = ''): string =>
  address.includes(':') ? normalizeIP(address) : address;

const addressOf = (request: FastifyRequest): string => clientAt(request.ip);

/**
 * Bounds how often one client may request the routes that are registered after this. `RateLimit-*` headers report what is left, and
 * `Retry-After` on a refusal says when to come back. A route with the limit 0 gets no hook, so it costs nothing.
 */
export const limitRates = async (server: FastifyInstance, options: RateLimitOptions): Promise<void> => {
  const { perMinute, publicPerMinute, keyOf } = options;
  if (perMinute === 0 && publicPerMinute === 0) return;
  // sets the limit of each route, before the plugin's own hook reads it
  server.addHook('onRoute', (route) => {
    const max = route.config?.isPublic ? publicPerMinute : perMinute;
    if (max === 0) route.config = { ...route.config, rateLimit: false };
    else if (route.config?.isPublic) route.config = { ...route.config, rateLimit: { max, keyGenerator: addressOf } };
  });
  await server.register(rateLimit, {
    max: perMinute,
    timeWindow: oneMinuteMs,
    enableDraftSpec: true,
    keyGenerator: (request) => keyOf(request) ?? addressOf(request),
    errorResponseBuilder: (_request, { after }) => new RateLimitError(`Too many requests. Try again in ${after}.`),
  });
};
