import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import {
  DomainError,
  type ErrorCode,
  InvalidInputError,
  isRetryable,
  UnauthenticatedError,
} from '../../domain/errors.js';
import { drainBriefly } from '../../lib/drain-request.js';
import { GleanFault, type ProblemCode, problems } from './problems.js';
import type { WireProblem } from './wire.js';

const challenge = 'Bearer realm="image-facade"';
const maskedMessage = 'The server failed. The log has the cause under the request_id.';

/** "400 Invalid request" is all that the contract has for an image that is not accepted. */
const codes = {
  CONFLICT: 'conflict',
  CORRUPT_IMAGE: 'invalid_request',
  CURSOR_EXPIRED: 'invalid_request',
  DUPLICATE_IMAGE: 'conflict',
  FETCH_FAILED: 'invalid_request',
  FORBIDDEN: 'insufficient_permissions',
  IMAGE_LIMIT_REACHED: 'conflict',
  IMAGE_TOO_LARGE: 'request_too_large',
  INVALID_INPUT: 'invalid_parameter',
  METAL_IMAGE_IN_USE: 'conflict',
  NOT_ACCEPTABLE: 'invalid_request',
  NOT_FOUND: 'resource_not_found',
  QUERY_TIMEOUT: 'service_unavailable',
  RATE_LIMITED: 'rate_limit_exceeded',
  RENDER_TIMEOUT: 'service_unavailable',
  STORAGE_FULL: 'insufficient_storage',
  TOO_MANY_PIXELS: 'invalid_request',
  UNAUTHENTICATED: 'authentication_required',
  UNAVAILABLE: 'service_unavailable',
  UNSUPPORTED_IMAGE: 'invalid_request',
  UPLOAD_LIMIT_REACHED: 'conflict',
  WEBHOOK_LIMIT_REACHED: 'conflict',
} as const satisfies Record<ErrorCode, ProblemCode>;

/** Responds to failures with problem details (RFC 9457), also before the body was read. Unknown errors are logged once and masked. */
export const gleanErrorHandler = async (
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const { code, detail } = faultOf(error);
  const { status, title } = problems[code];
  if (code === 'internal_error') request.log.error({ err: error }, 'request failed');
  if (error instanceof UnauthenticatedError) reply.header('www-authenticate', challenge);
  if (isRetryable(error)) reply.header('retry-after', error.retryAfterSeconds);
  if (!request.raw.complete) await drainBriefly(request.raw, reply.raw);
  const type = `https://developers.glean.com/errors/${code.replaceAll('_', '-')}`;
  const problem: WireProblem = { type, title, status, detail, code, request_id: request.id };
  // what a route said of its success does not hold for its failure
  return reply
    .removeHeader('etag')
    .removeHeader('content-length')
    .removeHeader('repr-digest')
    .code(status)
    .headers({ 'cache-control': 'no-store', 'content-type': 'application/problem+json' })
    .send(JSON.stringify(problem));
};

const faultOf = (error: FastifyError | DomainError | GleanFault): { code: ProblemCode; detail: string } => {
  if (error instanceof GleanFault) return { code: error.problem, detail: error.message };
  if (error instanceof InvalidInputError) return { code: codes[error.code], detail: detailOf(error) };
  if (error instanceof DomainError) return { code: codes[error.code], detail: error.message };
  if (error.validation) {
    const faults = error.validation.map(({ instancePath, message }) => `${instancePath.slice(1)}: ${message}`);
    return { code: 'invalid_parameter', detail: faults.join(' ') };
  }
  const { statusCode = 500, message: detail } = error;
  return statusCode < 500
    ? { code: codesByStatus[statusCode] ?? 'invalid_request', detail }
    : { code: 'internal_error', detail: maskedMessage };
};

/** Of what every route refuses in the same way. */
const codesByStatus: Readonly<Record<number, ProblemCode>> = {
  412: 'precondition_failed',
  415: 'unsupported_media_type',
  429: 'rate_limit_exceeded',
};

/** By the names that the parameters have here. */
const detailOf = ({ issues }: InvalidInputError): string =>
  issues.map(({ path, message }) => `${String(path.at(-1)).replace('entityId', 'id')}: ${message}`).join(' ');
