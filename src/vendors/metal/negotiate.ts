import type { FastifyRequest } from 'fastify';
import { parseAccept } from '../../lib/accept.js';
import { mediaTypeOf } from '../../lib/media-type.js';
import { MetalFault } from './metal-fault.js';

const json = 'application/json';

/**
 * "415 arises for PUT/POST with a non-empty body whose Content-Type is missing or not application/json (`;charset=…` allowed)", and
 * after it 406 for a client that does not accept JSON.
 * @throws {MetalFault} before the body is read.
 */
export const requireJson = ({ method, headers }: FastifyRequest): void => {
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
  const takesBody = method === 'PUT' || method === 'POST';
  if (takesBody && !isEmpty && mediaTypeOf(headers['content-type']) !== json) {
    throw new MetalFault(415, '415: Unsupported Media Type');
  }
  if (parseAccept(headers.accept)(json).weight === 0) {
    throw new MetalFault(406, `406: Not Acceptable\n\nAvailable representations: ${json}`);
  }
};
