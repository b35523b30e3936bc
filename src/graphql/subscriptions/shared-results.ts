import { createSourceEventStream, type DocumentNode, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { type ChangeCursor, encodeChangeCursor } from '../../domain/changes/changes.js';
import type { Limits } from '../../domain/limits.js';
import type { GraphqlContext } from '../context.js';
import type { Loaders } from '../loaders.js';
import { presentError } from '../present-errors.js';
import { boundResult, bytesOf } from '../response-bounds.js';

/** What all results that wait to be shared may take together, roughly: subscribers that are behind run their documents themselves. */
const maxKeptBytes = 8 * 1024 * 1024;

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
  // the newest changes stay in memory, and their results would with them, so these have a bound of their own
  const shared = new WeakMap<object, EventResults>();
  const kept = new LRUCache<Promise<ExecutionResult>, Kept>({
    maxSize: maxKeptBytes,
    sizeCalculation: ({ byteSize }) => byteSize,
    dispose: ({ release }) => release(),
  });

  const resultOf = (event: object, key: string, args: ExecutionArgs): Promise<ExecutionResult> => {
    const { loaders, results } = shared.get(event) ?? { loaders: newLoaders(), results: new Map() };
    shared.set(event, { loaders, results });
    const ofDocument = results.get(args.document) ?? new Map<string, Promise<ExecutionResult>>();
    results.set(args.document, ofDocument);
    const known = ofDocument.get(key);
    if (known) return known;
    const running = run(event, { ...(args.contextValue as GraphqlContext), loaders }, args);
    ofDocument.set(key, running);
    const release = (): void => {
      ofDocument.delete(key);
      if (ofDocument.size === 0 && results.get(args.document) === ofDocument) results.delete(args.document);
    };
    return keep(running, release);
  };

  const keep = async (running: Promise<ExecutionResult>, release: () => void): Promise<ExecutionResult> => {
    const result = await running.catch((error: unknown) => {
      release();
      throw error;
    });
    // the values and their text
    const byteSize = 1 + 2 * bytesOf(result.data, maxKeptBytes);
    if (byteSize > maxKeptBytes) release();
    else kept.set(running, { byteSize, release });
    return result;
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

interface Kept {
  readonly byteSize: number;
  /** Lets go of the result. */
  readonly release: () => void;
}

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
