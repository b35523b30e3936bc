import type { DomainError, ErrorCode } from '../domain/errors.js';

/** What a client gets for an unexpected failure. */
export const maskedMessage = 'The server failed. The log has the cause under the id of X-Request-ID.';

const statuses = {
  CONFLICT: 409,
  CORRUPT_IMAGE: 422,
  CURSOR_EXPIRED: 410,
  DUPLICATE_IMAGE: 409,
  FETCH_FAILED: 422,
  FORBIDDEN: 403,
  IMAGE_LIMIT_REACHED: 409,
  IMAGE_TOO_LARGE: 413,
  INVALID_INPUT: 400,
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
  UNSUPPORTED_IMAGE: 415,
  UPLOAD_LIMIT_REACHED: 409,
  WEBHOOK_LIMIT_REACHED: 409,
} as const satisfies Record<ErrorCode, number>;

/** The HTTP status of a failure on the plain HTTP routes. */
export const statusOf = (error: DomainError): number => statuses[error.code];
