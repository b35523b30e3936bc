import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { addVary } from '../vary.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    cors?: false;
  }
}

/** The headers that a page may read in addition to the safelisted ones. */
const exposedHeaders = [
  'X-Request-ID',
  'ETag',
  'Content-Disposition',
  'Retry-After',
  'WWW-Authenticate',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
];

/**
 * Lets the pages of these origins call every route that is registered after this. They send a key themselves if one is needed: no
 * response allows credentials that a browser adds. Public images are for all origins, and say so themselves.
 */
export const allowOrigins = async (server: FastifyInstance, origins: readonly string[]): Promise<void> => {
  if (origins.length === 0) return;
  server.addHook('onRoute', (route) => {
    if (route.config?.isPublic) route.config = { ...route.config, cors: false };
  });
  await server.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders,
    maxAge: 600,
    strictPreflight: false,
  });
  // a route that sets its own Vary replaces what the plugin has set
  server.addHook('onSend', async (request, reply) => {
    if (request.routeOptions.config?.cors !== false) addVary(reply, 'Origin');
  });
};
