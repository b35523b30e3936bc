import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  OperationTypeNode,
} from 'graphql';
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga';
import type { Spool } from '../domain/ports.js';
import { Turns } from '../lib/turns.js';
import { CompiledQueries, type HotQuery } from './compiled-queries.js';
import { createContext, type GraphqlContext, type GraphqlServices, type RequestParts } from './context.js';
import { useDocumentLimits } from './document-limits.js';
import { createKnown, Loaders } from './loaders.js';
import { refusalOf, useOperationGuard } from './operation-guard.js';
import { PersistedQueries, usePersistedQueries } from './persisted-queries.js';
import { presentError, useErrorPresenter } from './present-errors.js';
import { boundResult, useResponseBounds } from './response-bounds.js';
import { parseChangeCursor } from './scalars.js';
import { schema } from './schema.js';
import { useSharedResults } from './subscriptions/shared-results.js';
import { type ConfirmCaller, LiveCallers, Streams } from './subscriptions/streams.js';
import { type TrustedDocuments, useTrustedDocuments } from './trusted-documents.js';
import { useMultipartUploads } from './uploads/multipart-plugin.js';
import { useUrlParameters } from './url-parameters.js';

export interface YogaOptions {
  readonly services: GraphqlServices;
  readonly spool: Spool;
  /** Identifies the holder of an Authorization header again, for as long as a stream is open; failures are not counted. */
  readonly confirm: ConfirmCaller;
  readonly introspection: boolean;
  readonly trusted: TrustedDocuments;
  /** The key of a request, or its address if it has none. */
  readonly clientOf: (request: FastifyRequest) => string;
  readonly countOperation: CountOperation;
  /** Runs an operation, and may observe how long it takes. */
  readonly traceOperation?: TraceOperation | undefined;
  /** How many executions of a query come before it is compiled. */
  readonly compileAfter?: number | undefined;
  readonly log: FastifyBaseLogger;
}

export interface YogaServerContext {
  req: FastifyRequest;
  reply: FastifyReply;
  /** The result of a request that has run already and is only to be presented. */
  readonly finished?: ExecutionResult;
}

/** Uses the result of a request that has already run, instead of running it again. */
const useFinishedResults = (): Plugin<object, YogaServerContext> => ({
  onParams({ context: { finished }, setResult }) {
    if (finished) setResult(finished);
  },
});

export const graphqlPath = '/graphql';

/** The GraphQL server: Yoga with our own multipart parser, limits and errors. Fastify holds CORS, bodies and CSRF. */
export const createGraphqlServer = ({
  services,
  spool,
  confirm,
  introspection,
  trusted,
  clientOf,
  countOperation,
  traceOperation,
  compileAfter,
  log,
}: YogaOptions) => {
  const known = createKnown();
  const turns = new Turns();
  const takeTurn = (items: number) => (items > services.limits.pageDefault ? turns.take() : undefined);
  const sources = { ...services, known, turns };
  const newLoaders = () => new Loaders(sources);
  const streams = new Streams(services.limits, new LiveCallers(confirm));
  const compiled = new CompiledQueries(compileAfter, (result) => boundResult(result, services.limits) === result);
  const contextOf = (request: RequestParts): GraphqlContext =>
    createContext(services, newLoaders(), request, {
      openStream: (start) =>
        streams.open({ client: request.caller.client ?? '', authorization: request.headers.authorization }, start),
      takeTurn,
      resumeAfter: (argument) => {
        const lastEventId = request.headers['last-event-id'];
        return lastEventId ? parseChangeCursor(lastEventId) : (argument ?? undefined);
      },
    });
  const yoga = createYoga<YogaServerContext, GraphqlContext>({
    schema,
    graphqlEndpoint: graphqlPath,
    context: ({ req }) => contextOf(req),
    cors: false,
    graphiql: false,
    landingPage: false,
    batching: false,
    multipart: false,
    maxRequestBodySize: false,
    // what fails is logged where it is presented, once
    logging: { debug: () => undefined, info: () => undefined, warn: log.warn.bind(log), error: () => undefined },
    maskedErrors: { maskError: (error) => presentError(error, log) },
    plugins: [
      useFinishedResults(),
      useUrlParameters(),
      useTrustedDocuments(trusted),
      usePersistedQueries({
        queries: new PersistedQueries(services.limits),
        trusted,
        clientOf: ({ req }) => clientOf(req as FastifyRequest),
      }),
      useMultipartUploads(spool, services.limits),
      useDocumentLimits(services.limits, introspection),
      useErrorPresenter(),
      useOperationCounter(countOperation),
      useOperationGuard(services.limits),
      compiled.plugin(),
      useSharedResults(services.limits, newLoaders),
      ...(traceOperation ? [useTraces(traceOperation)] : []),
      useResponseBounds(services.limits),
    ],
  });
  /** The query of a request, if it came often. */
  const findHot = ({ query = '', operationName }: GraphQLParams): HotQuery | undefined =>
    compiled.find(query, operationName);
  /**
   * Runs a query that came often past all plugins: of those, only the guard and the counter concern one that succeeds. Undefined if it
   * fails, or its result is too large: it is to be run by Yoga.
   */
  const runHot = async (
    hot: HotQuery,
    { operationName, variables }: GraphQLParams,
    request: RequestParts,
  ): Promise<ExecutionResult | undefined> => {
    const contextValue = contextOf(request);
    const variableValues = variables ?? {};
    if (refusalOf({ schema, document: hot.document, operationName, variableValues, contextValue }, services.limits)) {
      return undefined;
    }
    const run = () => hot.run(contextValue, variableValues);
    const { operation } = hot;
    const result = await (traceOperation?.(operation.operation, operation.name?.value, run) ?? run());
    if (result) countOperation(OperationTypeNode.QUERY, 'success');
    return result;
  };
  return { yoga, trusted, findHot, runHot };
};

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

/** Called for each operation: `invalid` if it was refused before it ran, `error` if its response has errors, with or without data. */
type CountOperation = (kind: OperationTypeNode | 'unknown', outcome: 'success' | 'error' | 'invalid') => void;

/** Counts operations, not names: those a client makes up. */
const useOperationCounter = (count: CountOperation): Plugin => ({
  onParse:
    () =>
    ({ result }) => {
      if (result instanceof Error) count('unknown', 'invalid');
    },
  onValidate:
    ({ params }) =>
    ({ valid }) => {
      if (!valid) count(kindOf(params.documentAST), 'invalid');
    },
  onExecute: ({ args }) => ({
    onExecuteDone({ result }) {
      count(kindOf(args.document, args.operationName), 'errors' in result && result.errors ? 'error' : 'success');
    },
  }),
  onSubscribe: ({ args }) => ({
    onSubscribeResult({ result }) {
      count(kindOf(args.document, args.operationName), 'errors' in result ? 'error' : 'success');
    },
  }),
});

type TraceOperation = <Result>(type: string, name: string | undefined, run: () => Result) => Result;

const useTraces = (trace: TraceOperation): Plugin => {
  const traced =
    <Args extends ExecutionArgs, Result>(execute: (args: Args) => Result) =>
    (args: Args): Result => {
      const operation = getOperationAST(args.document, args.operationName);
      return trace(kindOf(args.document, args.operationName), operation?.name?.value, () => execute(args));
    };
  return {
    onExecute: ({ executeFn, setExecuteFn }) => setExecuteFn(traced(executeFn)),
    onSubscribe: ({ subscribeFn, setSubscribeFn }) => setSubscribeFn(traced(subscribeFn)),
  };
};

const kindOf = (document: DocumentNode, operationName?: string | null) =>
  getOperationAST(document, operationName)?.operation ?? 'unknown';
