import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route is for everybody: its requests are counted by address, and apart from those of the APIs. */
    isPublic?: boolean;
  }
}

export interface RateLimitOptions {
  /** Requests a minute of one key, or of one address where there is no key; 0 for no limit. */
  readonly perMinute: number;
  /** Requests a minute of one address to public routes; 0 for no limit. */
  readonly publicPerMinute: number;
  /** The key of a request that was verified: what a client merely claims must not use up another's share. */
  readonly keyOf: (request: FastifyRequest) => string | null;
}

/** Each scope's error handler gives it the form of its API. */
class RateLimitError extends Error {
  override readonly name = 'RateLimitError';
  readonly statusCode = 429;
}

const oneMinuteMs = 60_000;

/** One client may have a whole IPv6 /64: its addresses count as one. The function is exported, but its types leave it out. */
const { normalizeIP } = rateLimit as unknown as { normalizeIP(ip: string): string };
const addressOf = (request: FastifyRequest): string => normalizeIP(request.ip);

/**
 * Bounds how often one client may ask for the routes that are registered after this. Answers tell by `RateLimit-*` headers what is left,
 * a refusal tells by `Retry-After` when to come back. Where the limit is 0 a route gets no hook, so that it costs nothing.
 */
export const limitRates = async (server: FastifyInstance, options: RateLimitOptions): Promise<void> => {
  const { perMinute, publicPerMinute, keyOf } = options;
  if (perMinute === 0 && publicPerMinute === 0) return;
  // settles what each route is to have, before the plugin's own hook looks at it
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
