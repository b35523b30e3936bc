import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** A piece of a stream of results, as Yoga sends it by server-sent events. */
type StreamItem =
  | { readonly kind: 'result' /** JSON. */; readonly text: string }
  | { readonly kind: 'ping' }
  | { readonly kind: 'complete' };

export interface StreamItems extends AsyncIterable<StreamItem> {
  /** Ends the stream and the subscription behind it, also while somebody waits for its next item. */
  cancel(): Promise<void>;
}

/** Whether a response is a stream of results, and not one result or a refusal. */
export const isStream = (response: Response): boolean =>
  response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;

/** Reads the results out of Yoga's server-sent events, so that other transports can send them in their own form. */
export const streamItems = (response: Response): StreamItems => {
  const reader = response.body?.getReader();
  return {
    // that of the reader would wait for the next item
    cancel: async () => response.body?.cancel(),
    async *[Symbol.asyncIterator]() {
      const decoder = new TextDecoder();
      let text = '';
      for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
        text += decoder.decode(chunk.value, { stream: true });
        // JSON has no line breaks of its own
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        yield* events.map(itemOf);
      }
    },
  };
};

const itemOf = (event: string): StreamItem => {
  if (event.startsWith('event: complete')) return { kind: 'complete' };
  const [, data] = /^data: (.*)$/m.exec(event) ?? [];
  return data ? { kind: 'result', text: data } : { kind: 'ping' };
};

/** Writes and waits for a client that reads slowly, so that what comes next waits where it is bounded. */
export const writeSlowly = async (output: Writable, text: string): Promise<void> => {
  if (output.destroyed || output.writableEnded || output.write(text)) return;
  const settled = new AbortController();
  const { signal } = settled;
  await Promise.race([once(output, 'drain', { signal }), once(output, 'close', { signal })]).finally(() =>
    settled.abort(),
  );
};
