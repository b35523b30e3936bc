import type { FastifyInstance } from 'fastify';
import { defaultLimits, type Limits } from '../../src/domain/limits.js';
import { createLogs } from '../../src/http/log.js';
import { createServer } from '../../src/http/server.js';
import { defaultTimeouts } from '../../src/http/timeouts.js';

/** What all routes share, without any route. */
export const createBareServer = (limits: Limits = defaultLimits): FastifyInstance =>
  createServer({
    limits,
    log: createLogs('silent').log,
    timeouts: defaultTimeouts,
    shortcut: () => false,
    trustedProxies: [],
    rewriteUrl: (url) => url,
    finished: () => undefined,
  });
