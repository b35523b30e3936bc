import { UnavailableError } from '../../domain/errors.js';

const retryAfterSeconds = 5;

/**
 * The store, or the way to it, failed. Clients learn that it may pass; the cause, which is for the operator, says what happened. It does
 * not carry the SDK's error, which holds the whole response and its socket.
 */
export class StoreFailureError extends UnavailableError {
  constructor(operation: string, failure: unknown) {
    super('The store of the images is not available now. Try again in a few seconds.', retryAfterSeconds, {
      cause: new Error(`${operation}: ${describe(failure)}`),
    });
  }
}

/** What the SDK's errors have in addition to a message, if they come from the store. */
export interface ServiceFailure extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

const describe = (failure: unknown): string => {
  if (!(failure instanceof Error)) return String(failure);
  const { name, message, $metadata: metadata } = failure as ServiceFailure;
  const code = 'code' in failure && failure.code !== name ? String(failure.code) : '';
  const facts = [
    name === 'Error' ? code : name,
    message || causesOf(failure),
    metadata?.httpStatusCode && `(HTTP ${metadata.httpStatusCode})`,
  ];
  return facts.filter(Boolean).join(' ');
};

/** Node puts the failed addresses of one name together in an error without a message. */
const causesOf = (failure: Error): string =>
  failure instanceof AggregateError ? failure.errors.map((error) => String(error)).join('; ') : '';
