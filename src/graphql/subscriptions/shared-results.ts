import { createSourceEventStream, type DocumentNode, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { encodeChangeCursor } from '../../domain/changes/change-cursor.js';
import type { ChangeCursor } from '../../domain/changes/changes.js';
import type { Limits } from '../../domain/limits.js';
import type { GraphqlContext } from '../context.js';
import type { Loaders } from '../loaders.js';
import { presentError } from '../present-errors.js';
import { boundResult } from '../response-bounds.js';

/** What the subscribers of one change share: what was loaded for it, and the result of each document. */
interface EventResults {
  readonly loaders: Loaders;
  readonly results: Map<DocumentNode, Map<string, Promise<ExecutionResult>>>;
}

/**
 * Runs a subscription's document once for each change, however many subscribe to it by the same document and variables with the same
 * rights, and loads what a change needs once for all documents.
 */
export const useSharedResults = (limits: Limits, newLoaders: () => Loaders): Plugin<GraphqlContext> => {
  // as long as a change waits for a subscriber
  const shared = new WeakMap<object, EventResults>();

  const resultOf = (event: object, key: string, args: ExecutionArgs): Promise<ExecutionResult> => {
    const { loaders, results } = shared.get(event) ?? { loaders: newLoaders(), results: new Map() };
    shared.set(event, { loaders, results });
    const ofDocument = results.get(args.document) ?? new Map<string, Promise<ExecutionResult>>();
    results.set(args.document, ofDocument);
    const running = ofDocument.get(key) ?? run(event, { ...(args.contextValue as GraphqlContext), loaders }, args);
    ofDocument.set(key, running);
    return running;
  };

  const run = async (event: object, context: GraphqlContext, args: ExecutionArgs): Promise<ExecutionResult> => {
    const { errors, ...rest } = await execute({ ...args, rootValue: event, contextValue: context });
    const presented = errors ? { ...rest, errors: errors.map((error) => presentError(error, context.log)) } : rest;
    return withText(boundResult(presented, limits), idOf(event));
  };

  const subscribe = async (args: ExecutionArgs) => {
    const source = await createSourceEventStream(args);
    if (!isAsyncIterable(source)) return source;
    const events = source[Symbol.asyncIterator]() as AsyncIterator<object>;
    const key = sharingKey(args);
    return {
      async next(): Promise<IteratorResult<ExecutionResult>> {
        const event = await events.next();
        return event.done ? event : { done: false, value: await resultOf(event.value, key, args) };
      },
      async return(): Promise<IteratorResult<ExecutionResult>> {
        await events.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };

  return { onSubscribe: ({ setSubscribeFn }) => setSubscribeFn((args: unknown) => subscribe(args as ExecutionArgs)) };
};

/** Subscribers with the same key and document receive the same. */
const sharingKey = ({ contextValue, operationName, variableValues }: ExecutionArgs): string => {
  const { caller } = contextValue as GraphqlContext;
  return JSON.stringify([caller.accountId, [...caller.scopes].sort(), operationName, variableValues]);
};

/** The cursor of a change, as a line of a server-sent event; a client that reconnects sends it as Last-Event-ID. */
const idOf = (event: object): string =>
  'store' in event && 'seq' in event ? `\nid: ${encodeChangeCursor(event as ChangeCursor)}` : '';

/**
 * Yoga calls `stringify` for each stream; the text is the same for all. It sends subscriptions by server-sent events only, as
 * `data: ` with this text and an empty line, so the event's id can follow the JSON on a line of its own.
 */
const withText = (result: ExecutionResult, id: string): ExecutionResult => {
  let text: string | undefined;
  const stringify = (sanitized: unknown): string => {
    text ??= JSON.stringify(sanitized) + id;
    return text;
  };
  return Object.assign(result, { stringify });
};
