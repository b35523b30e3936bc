import type { FastifyInstance } from 'fastify';
import { defaultLimits, type Limits } from '../../src/domain/limits.js';
import { defaultTimeouts } from '../../src/web/connections/timeouts.js';
import { createLogs } from '../../src/web/log.js';
import { createServer } from '../../src/web/server.js';

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
