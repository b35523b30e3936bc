import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import {
  DomainError,
  type ErrorCode,
  InvalidInputError,
  isRetryable,
  MetalImageInUseError,
} from '../../domain/errors.js';
import { drainBriefly } from '../../lib/drain-request.js';
import { maskedMessage } from '../../web/errors.js';
import { writeGoJson } from './go-json.js';
import { MetalFault } from './metal-fault.js';

/** "NotFound→404, Conflict→409, Internal→500, anything else from the store →422"; "no 401 exists." */
const statuses = {
  CONFLICT: 409,
  CORRUPT_IMAGE: 422,
  CURSOR_EXPIRED: 404,
  DUPLICATE_IMAGE: 422,
  FETCH_FAILED: 422,
  FORBIDDEN: 403,
  IMAGE_LIMIT_REACHED: 422,
  IMAGE_TOO_LARGE: 422,
  INVALID_INPUT: 400,
  METAL_IMAGE_IN_USE: 422,
  NOT_ACCEPTABLE: 406,
  NOT_FOUND: 404,
  QUERY_TIMEOUT: 503,
  RATE_LIMITED: 429,
  RENDER_TIMEOUT: 503,
  STORAGE_FULL: 507,
  TOO_MANY_PIXELS: 422,
  UNAUTHENTICATED: 403,
  UNAVAILABLE: 503,
  UNSUPPORTED_IMAGE: 422,
  UPLOAD_LIMIT_REACHED: 422,
  WEBHOOK_LIMIT_REACHED: 422,
} as const satisfies Record<ErrorCode, number>;

/** "Message prefix: `NotFound <msg>` / `Conflict <msg>`." */
const prefixes: Partial<Record<ErrorCode, string>> = { CONFLICT: 'Conflict ', NOT_FOUND: 'NotFound ' };

/** What the framework refuses before a handler runs. */
const frameworkMessages: Record<string, string> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: '415: Unsupported Media Type',
};

/** The vendor's Go client reads an error from this type alone, and its Python client from any. */
export const errorType = 'text/plain; charset=utf-8';

/** Sends each failure as the JSON text "`{"statuscode": <int>, "message": "<text>"}`". Unknown errors are logged once and masked. */
export const metalErrorHandler = async (
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const { statuscode, message } = faultOf(error);
  if (statuscode === 500) request.log.error({ err: error }, 'request failed');
  if (isRetryable(error)) reply.header('retry-after', error.retryAfterSeconds);
  if (!request.raw.complete) await drainBriefly(request.raw, reply.raw);
  return reply
    .removeHeader('etag')
    .code(statuscode)
    .headers({ 'cache-control': 'no-store', 'content-type': errorType })
    .serializer(writeGoJson)
    .send({ statuscode, message });
};

const faultOf = (error: FastifyError | DomainError | MetalFault): { statuscode: number; message: string } => {
  if (error instanceof MetalFault) return { statuscode: error.statusCode, message: error.message };
  if (error instanceof DomainError) {
    return { statuscode: statuses[error.code], message: `${prefixes[error.code] ?? ''}${messageOf(error)}` };
  }
  const { statusCode = 500, code } = error;
  if (statusCode >= 500) return { statuscode: 500, message: maskedMessage };
  return { statuscode: statusCode, message: frameworkMessages[code] ?? error.message };
};

/** The vendor reports one fault, the first that it finds. */
const messageOf = (error: DomainError): string => {
  if (error instanceof InvalidInputError) return error.issues[0]?.message ?? error.message;
  if (error instanceof MetalImageInUseError) {
    return `image ${error.imageId} is in use by machines:[${error.machineIds.join(' ')}]`;
  }
  return error.message;
};
