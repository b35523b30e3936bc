import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger } from 'fastify';
import { compressText } from '../web/bodies/compression.js';
import { type FinishedRequest, watchResponse } from '../web/connections/finished-requests.js';
import type { LaterShortcut } from '../web/connections/node-server.js';
import { respondTogether } from '../web/connections/respond-together.js';
import { hasSeveralHosts } from '../web/guards/host-guard.js';
import { RequestLog } from '../web/log.js';
import type { HotQuery } from './compiled-queries.js';
import { type DirectRequest, directRequestOf, plainResultHeaders } from './direct-execution.js';
import type { ConfirmCaller } from './subscriptions/streams.js';
import type { TrustedDocuments } from './trusted-documents.js';
import { type GraphqlServer, graphqlPath } from './yoga.js';

export interface QueryShortcutOptions {
  readonly graphql: GraphqlServer;
  readonly confirm: ConfirmCaller;
  /** Whether the server may be called by the name in a Host header. */
  readonly isOwnHost: (host: string) => boolean;
  /** Whether that name is rather the one in `X-Forwarded-Host`. */
  readonly looksBehindProxies: boolean;
  readonly log: FastifyBaseLogger;
  readonly finished: (request: FinishedRequest) => void;
}

/** Longer bodies seldom come in one piece with the head. */
const maxBodyBytes = 8 * 1024;

/**
 * Runs queries that come often without the framework, which takes longer than most of them. It takes only requests that each hook on
 * the way through Fastify would let pass as they are, and responds as that way does; whatever turns out otherwise goes that way after all,
 * from its beginning: a query may run twice.
 */
export const queryShortcut = (options: QueryShortcutOptions): LaterShortcut => {
  const { graphql, confirm, log, finished } = options;

  /** Resolves with whether it responds. */
  const respond = async (
    request: IncomingMessage,
    response: ServerResponse,
    { hot, direct, reqId }: { hot: HotQuery; direct: DirectRequest; reqId: string },
  ): Promise<boolean> => {
    const { headers } = request;
    const caller = await confirm(headers.authorization);
    const result = await graphql.runHot(hot, direct.params, { caller, headers, log: new RequestLog(log, { reqId }) });
    if (!result) return false;
    const { body, encoding, varies } = await compressText(JSON.stringify(result), headers);
    const sentHeaders = {
      'x-request-id': reqId,
      ...plainResultHeaders(direct.type),
      ...(varies ? { vary: 'Accept-Encoding' } : {}),
      ...(encoding ? { 'content-encoding': encoding } : {}),
      'content-length': Buffer.byteLength(body),
    };
    respondTogether(() => void response.writeHead(200, sentHeaders).end(body));
    return true;
  };

  return (request, response, handBack) => {
    const bodyBytes = bodyBytesOf(request, options);
    if (bodyBytes === undefined) return false;
    // a body that came with the head is there once the parser is done with what it has
    process.nextTick(() => {
      const direct = directRequestIn(request, bodyBytes, graphql.trusted);
      const hot = direct && graphql.findHot(direct.params);
      if (!hot) return handBack();
      const reqId = randomUUID();
      const stopWatching = watchResponse(response, { reqId, route: () => graphqlPath }, finished);
      const leave = () => {
        stopWatching();
        handBack();
      };
      respond(request, response, { hot, direct, reqId }).then((isDone) => isDone || leave(), leave);
    });
    return true;
  };
};

/** How long the body of a request is that no hook would refuse, change or count; undefined for any other. */
const bodyBytesOf = (request: IncomingMessage, options: QueryShortcutOptions): number | undefined => {
  const { method, url, headers } = request;
  if (method !== 'POST' || url !== graphqlPath) return undefined;
  if (headers['transfer-encoding'] !== undefined || headers['content-encoding'] !== undefined) return undefined;
  if (options.looksBehindProxies && headers['x-forwarded-host'] !== undefined) return undefined;
  if (hasSeveralHosts(request) || !options.isOwnHost(headers.host ?? '')) return undefined;
  const bytes = Number(headers['content-length']);
  return bytes > 0 && bytes <= maxBodyBytes ? bytes : undefined;
};

/** What a body requests, which stays unread. Undefined if it is not all there, or not plain. */
const directRequestIn = (
  request: IncomingMessage,
  bodyBytes: number,
  trusted: TrustedDocuments,
): DirectRequest | undefined => {
  if (request.readableLength !== bodyBytes) return undefined;
  const body: Buffer = request.read();
  request.unshift(body);
  return isUtf8(body) ? directRequestOf(request.headers, body, trusted) : undefined;
};
