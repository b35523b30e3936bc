import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hasBody } from '../web/bodies/encoded-bodies.js';
import { isNotModified } from '../web/conditional.js';
import type { FinishedRequest } from '../web/connections/finished-requests.js';
import type { Shortcut } from '../web/connections/node-server.js';
import { respondTogether } from '../web/connections/respond-together.js';
import { hasSeveralHosts } from '../web/guards/host-guard.js';
import type { ImageResponses } from '../web/images/image-responses.js';
import { sendFromMemory } from '../web/images/send-image.js';
import { publicImagePattern } from './public-image.js';

/**
 * Responds to a request for a public image from memory, in half the time that Fastify needs. It accepts only what equals
 * a request that went that way before, with all its guards, and the response is the same.
 * @param looksBehindProxies Whether the guards judge `X-Forwarded-Host`, which the memory does not know.
 */
export const imageShortcut = (
  responses: ImageResponses,
  finished: (request: FinishedRequest) => void,
  looksBehindProxies: boolean,
): Shortcut => {
  /** A precondition may fail, a body may be compressed or stall, a proxy may name another host: the long way deals with that. */
  const needsLongWay = (request: IncomingMessage): boolean =>
    request.method !== 'GET' ||
    request.headers['if-match'] !== undefined ||
    hasBody(request) ||
    (looksBehindProxies && request.headers['x-forwarded-host'] !== undefined);

  return (request, response) => {
    if (needsLongWay(request)) return false;
    const beganAt = performance.now();
    const found = responses.peek(request);
    if (!found || hasSeveralHosts(request)) return false;
    const isKnownToClient = isNotModified(request.headers, found.delivery.etag);
    const bytes = isKnownToClient ? undefined : found.delivery.peek();
    if (!isKnownToClient && !bytes) return false;
    const reqId = randomUUID();
    respondTogether(() => {
      const { socket } = request;
      const bytesBefore = socket.bytesWritten;
      sendFromMemory(response, reqId, found, bytes);
      const sent = { ms: performance.now() - beganAt, bytes: socket.bytesWritten - bytesBefore };
      const { statusCode: status } = response;
      return () => finished({ response, reqId, method: 'GET', route: publicImagePattern, status, ...sent });
    });
    return true;
  };
};
