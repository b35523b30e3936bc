import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import type { FetchAPI, Plugin } from 'graphql-yoga';
import type { Spool } from '../../domain/ports.js';
import { drainBriefly } from '../../lib/drain-request.js';
import { mediaTypeOf } from '../../lib/media-type.js';
import { MultipartFault, type MultipartFaultKind, readMultipart } from '../../lib/multipart.js';
import { presentError } from '../present-errors.js';
import { requestFault } from '../request-fault.js';
import { wantedTypes } from '../request-headers.js';
import { discardFiles, MultipartForm, type MultipartRequest, type UploadLimits } from './multipart-form.js';
import type { UploadedFile } from './uploaded-file.js';

/** What the Fastify route hands to Yoga. */
interface ServerContext {
  req: FastifyRequest;
  reply: FastifyReply;
}

/**
 * Handles POSTs of multipart/form-data in place of Yoga's parser, which holds whole bodies in memory: `createYoga({ multipart: false,
 * maxRequestBodySize: false, plugins: [useMultipartUploads(spool, limits)] })`.
 */
export function useMultipartUploads(spool: Spool, limits: UploadLimits): Plugin<object, ServerContext> {
  const filesOf = new WeakMap<Request, readonly UploadedFile[]>();
  return {
    // The handler settles when the operation has ended, also where the client left meanwhile: no file goes while it is in use.
    onRequest({ request, serverContext: { req }, requestHandler, setRequestHandler }) {
      if (!isMultipart(request)) return;
      setRequestHandler(async (handled, context) => {
        try {
          return await requestHandler(handled, context);
        } finally {
          // The operation has its result: a file that stays does not make a failure of it.
          await discardFiles(spool, filesOf.get(handled) ?? []).catch((err: unknown) =>
            req.log.error({ err }, 'a spooled file was not removed'),
          );
        }
      });
    },
    onRequestParse({ request, serverContext: { req, reply }, setRequestParser, fetchAPI }) {
      if (!isMultipart(request)) return;
      setRequestParser(async () => {
        try {
          const { operations, files } = await receiveMultipart(req.raw, spool, limits);
          filesOf.set(request, files);
          return operations;
        } catch (fault) {
          await drainBriefly(req.raw, reply.raw);
          if (fault instanceof GraphQLError) return faultResponse(fault, request, fetchAPI);
          throw presentError(fault, req.log);
        }
      });
    },
  };
}

function isMultipart(request: Request): boolean {
  return request.method === 'POST' && mediaTypeOf(request.headers.get('content-type')) === 'multipart/form-data';
}

/** JSON whatever the client accepts: Yoga would send a browser's form an empty 406 instead of the error. */
function faultResponse({ message, extensions }: GraphQLError, request: Request, fetchAPI: FetchAPI): Response {
  const newer = 'application/graphql-response+json';
  const isNewer = wantedTypes(request.headers.get('accept') ?? '').find((type) => /json$/.test(type)) === newer;
  const type = isNewer ? newer : 'application/json';
  return new fetchAPI.Response(JSON.stringify({ errors: [{ message, extensions: { code: extensions['code'] } }] }), {
    status: extensions.http?.status ?? 400,
    headers: { 'content-type': `${type}; charset=utf-8` },
  });
}

/**
 * Reads a request of the GraphQL multipart request specification, version 2
 * (https://github.com/jaydenseric/graphql-multipart-request-spec), and spools its files while they come in.
 * On a fault nothing is left in the spool and the rest of the body is unread.
 */
export async function receiveMultipart(
  request: IncomingMessage,
  spool: Spool,
  limits: UploadLimits,
): Promise<MultipartRequest> {
  const form = new MultipartForm(spool, limits);
  const bounds = {
    requestBytes: limits.requestBytes,
    textBytes: limits.operationsBytes,
    parts: limits.requestFiles + 2,
  };
  try {
    await readMultipart(request, bounds, form);
    return await form.complete();
  } catch (fault) {
    await form.abandon();
    throw fault instanceof MultipartFault ? faults[fault.kind](limits) : fault;
  }
}

const faults = {
  'cut-short': () => requestFault('The body ended before it was complete. Send the whole request again.'),
  malformed: () =>
    requestFault('The multipart body is malformed or cut short: its closing boundary is missing. Send it whole.'),
  'no-boundary': () =>
    requestFault(
      'The Content-Type has no boundary. Send multipart/form-data; boundary=..., as HTTP clients do when they build the form.',
    ),
  'too-long': ({ requestBytes }) =>
    requestFault(`The request is longer than ${requestBytes} bytes, the most that a multipart request takes.`, 413),
  'too-many-parts': ({ requestFiles }) =>
    requestFault(`The form has too many parts: it takes "operations", "map" and ${requestFiles} files.`),
} as const satisfies Record<MultipartFaultKind, (limits: UploadLimits) => GraphQLError>;
