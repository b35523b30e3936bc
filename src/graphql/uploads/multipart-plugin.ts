import type { FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import type { FetchAPI, Plugin } from 'graphql-yoga';
import type { Spool } from '../../domain/ports.js';
import { drainBriefly } from '../../lib/drain-request.js';
import { mediaTypeOf } from '../../lib/media-type.js';
import { presentError } from '../present-errors.js';
import { wantedTypes } from '../request-headers.js';
import { discardFiles, type UploadLimits } from './multipart-form.js';
import { receiveMultipart } from './multipart-request.js';
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
