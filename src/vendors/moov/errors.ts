import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, type ErrorCode, type InputIssue, InvalidInputError, isRetryable } from '../../domain/errors.js';
import { drainBriefly } from '../../lib/drain-request.js';
import { maskedMessage } from '../../web/errors.js';
import { challenge } from '../../web/guards/credentials.js';

/** Where a 422 names a problem of the metadata: next to `image` for a form, on its own for a body that is metadata only. */
type ValidationForm = 'nested' | 'flat';

/** "Typed errors: 400,409 GenericError; 422 ImageRequestValidationError"; the rest is open. */
const statuses = {
  CONFLICT: 409,
  CORRUPT_IMAGE: 422,
  CURSOR_EXPIRED: 422,
  DUPLICATE_IMAGE: 409,
  FETCH_FAILED: 422,
  FORBIDDEN: 403,
  // not 409, which clients read as "the image is already there" after an upload
  IMAGE_LIMIT_REACHED: 400,
  // not 413, which is outside of the contract, and which moov-go retries
  IMAGE_TOO_LARGE: 422,
  INVALID_INPUT: 422,
  METAL_IMAGE_IN_USE: 409,
  NOT_ACCEPTABLE: 406,
  NOT_FOUND: 404,
  QUERY_TIMEOUT: 503,
  RATE_LIMITED: 429,
  RENDER_TIMEOUT: 503,
  STORAGE_FULL: 507,
  TOO_MANY_PIXELS: 422,
  UNAUTHENTICATED: 401,
  UNAVAILABLE: 503,
  UNSUPPORTED_IMAGE: 422,
  UPLOAD_LIMIT_REACHED: 400,
  WEBHOOK_LIMIT_REACHED: 400,
} as const satisfies Record<ErrorCode, number>;

interface ErrorResponse {
  readonly statusCode: number;
  readonly body: object;
}

/** An error handler with Moov's shapes, also before the body was read. Unknown errors are logged once and masked. */
export const moovErrorHandler =
  (form: ValidationForm = 'nested') =>
  async (error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { statusCode, body } = responseTo(error, form);
    if (statusCode === 500) request.log.error({ err: error }, 'request failed');
    if (statusCode === 401) reply.header('www-authenticate', challenge);
    if (isRetryable(error)) reply.header('retry-after', error.retryAfterSeconds);
    if (!request.raw.complete) await drainBriefly(request.raw, reply.raw);
    return reply.code(statusCode).header('cache-control', 'no-store').send(body);
  };

const responseTo = (error: FastifyError | DomainError, form: ValidationForm): ErrorResponse => {
  if (error instanceof InvalidInputError) return responseToIssues(error.issues, form);
  if (error instanceof DomainError) {
    const statusCode = statuses[error.code];
    return { statusCode, body: statusCode === 422 ? { image: error.message } : { error: error.message } };
  }
  if (error.validation) {
    const isBody = error.validationContext === 'body';
    const issues = error.validation.map(({ instancePath, message = '' }) => ({
      path: instancePath.split('/').filter(Boolean),
      message,
    }));
    return isBody ? responseToIssues(issues, form) : badRequest(issues);
  }
  // metadata is all that Fastify reads by itself; forms have their own limit
  if (error.statusCode === 413) return responseToIssues([{ path: ['altText'], message: error.message }], form);
  const { statusCode = 500 } = error;
  return statusCode < 500
    ? { statusCode, body: { error: error.message } }
    : { statusCode: 500, body: { error: maskedMessage } };
};

/** "422 as {"image":…} / {"metadata":{"altText":…}} on multipart ops but flat {"altText":…} on PUT …/metadata." */
const responseToIssues = (issues: readonly InputIssue[], form: ValidationForm): ErrorResponse => {
  const messageAt = (name: string) => issues.find(({ path }) => path.at(-1) === name)?.message;
  const image = messageAt('image');
  const altText = messageAt('altText');
  if (altText === undefined) return image === undefined ? badRequest(issues) : { statusCode: 422, body: { image } };
  return { statusCode: 422, body: form === 'flat' ? { altText } : { image, metadata: { altText } } };
};

/** Problems that 422 has no place for. */
const badRequest = (issues: readonly InputIssue[]): ErrorResponse => ({
  statusCode: 400,
  body: { error: new InvalidInputError(issues).message },
});
