import { type ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { DomainError, UnauthenticatedError, UnavailableError, WriteConflictError } from '../domain/errors.js';
import { challenge } from './authentication.js';
import type { GraphqlContext } from './context.js';

type ErrorLog = Pick<GraphqlContext['log'], 'error'>;

const maskedMessage = 'The server failed. The log has the cause under the id of X-Request-ID.';

/** What a client sees of an error outside the unions: expected failures with their code, nothing of the others. */
export const presentError = (error: unknown, log: ErrorLog): GraphQLError => {
  const located = error instanceof GraphQLError ? error : undefined;
  const cause = located?.originalError ?? error;
  if (located && (cause === located || cause instanceof GraphQLError)) return located;
  const place = {
    nodes: located?.nodes ?? null,
    source: located?.source ?? null,
    positions: located?.positions ?? null,
    path: located?.path ?? null,
  };
  if (cause instanceof DomainError) {
    return new GraphQLError(cause.message, {
      ...place,
      extensions: { code: cause.code, ...httpOf(cause, place.path) },
    });
  }
  log.error({ err: cause, path: located?.path }, 'operation failed');
  // with a field's error the response has data; without a path it is the request that failed
  const http = located?.path ? {} : { http: { status: 500 } };
  return new GraphQLError(maskedMessage, { ...place, extensions: { code: 'INTERNAL_SERVER_ERROR', ...http } });
};

/** A missing key fails the whole request, so that clients meet it where they handle a wrong one: at the status. */
const httpOf = (error: DomainError, path: GraphQLError['path'] | null) => {
  if (error instanceof UnauthenticatedError) {
    return { http: { status: 401, headers: { 'WWW-Authenticate': challenge } } };
  }
  if (!(error instanceof UnavailableError || error instanceof WriteConflictError)) return {};
  // without a path nothing of the request was done
  const status = path || error instanceof WriteConflictError ? {} : { status: 503 };
  return { http: { ...status, headers: { 'Retry-After': String(error.retryAfterSeconds) } } };
};

/** Presents the errors of resolvers, where the log still knows the request. */
export const useErrorPresenter = (): Plugin<GraphqlContext> => ({
  onExecute: ({ args }) => ({ onExecuteDone: presentErrors(args) }),
  onSubscribe: ({ args }) => ({
    onSubscribeResult({ result, setResult }) {
      if (isAsyncIterable(result)) return { onNext: presentErrors(args) };
      // refused before there is a stream
      presentErrors(args)({ result, setResult });
      return undefined;
    },
  }),
});

interface Outcome {
  readonly result: unknown;
  readonly setResult: (result: ExecutionResult) => void;
}

const presentErrors =
  ({ contextValue }: { contextValue?: unknown }) =>
  ({ result, setResult }: Outcome): void => {
    const { errors, ...rest } = result as ExecutionResult;
    if (!errors) return;
    const { log } = contextValue as GraphqlContext;
    setResult({ errors: errors.map((error) => presentError(error, log)), ...rest });
  };
