import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { drainBriefly } from '../lib/drain-request.js';
import { mediaTypeOf } from '../lib/media-type.js';

/** The content types that a page of another origin may send without a preflight, as a form or by fetch in mode no-cors. */
const simpleTypes = new Set(['multipart/form-data', 'application/x-www-form-urlencoded', 'text/plain']);

/** A header that is not safelisted makes the browser ask first; these are the ones that GraphQL clients send. */
const proofHeaders = ['X-Graphql-Yoga-Csrf', 'Apollo-Require-Preflight', 'X-Apollo-Operation-Name'];

/**
 * Tells why a request may come from a page of another origin, in the name of its visitor, or null where it cannot.
 * GET needs no proof: it never runs a mutation, and pages of other origins cannot read its response.
 */
export function csrfFault(method: string, headers: IncomingHttpHeaders): string | null {
  if (method !== 'POST') return null;
  const type = mediaTypeOf(headers['content-type']);
  if (type !== null && !simpleTypes.has(type)) return null;
  if (proofHeaders.some((name) => headers[name.toLowerCase()])) return null;
  return (
    `A POST ${type ? `of ${type}` : 'without a valid Content-Type'} needs one of the headers ${proofHeaders.join(', ')}, ` +
    'with any value, so that no other site can send it in your name. A POST of application/json needs none.'
  );
}

/** An `onRequest` hook: responds with 403 before the body is read. */
export async function refuseCrossSite(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const message = csrfFault(request.method, request.headers);
  if (message === null) return undefined;
  await drainBriefly(request.raw, reply.raw);
  return reply.code(403).send({ errors: [{ message, extensions: { code: 'FORBIDDEN' } }] });
}
