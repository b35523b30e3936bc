import type { GraphqlResponse } from './graphql-client.js';
import type { TestServer } from './test-server.js';

export interface EventStream {
  readonly status: number;
  /** The next result of the subscription; undefined when the stream has ended. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what a result has
  next(): Promise<Pick<GraphqlResponse<any>, 'data' | 'errors'> | undefined>;
  /** Leaves, as a page that is closed does. */
  close(): void;
}

const held = new Set<Response>();

/** Keeps a stream open that nobody reads: Node cancels the body of a response once nothing refers to it. */
export const holdOpen = (response: Response): Response => {
  held.add(response);
  return response;
};

/** Subscribes over server-sent events, as GraphiQL and the clients of the field do. */
export const openEventStream = async (
  server: Pick<TestServer, 'url'>,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<EventStream> => {
  const leaving = new AbortController();
  const response = holdOpen(
    await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: JSON.stringify({ query, variables }),
      signal: leaving.signal,
    }),
  );
  const results = resultsOf(response);
  return {
    status: response.status,
    next: async () => (await results.next()).value ?? undefined,
    close: () => leaving.abort(),
  };
};

async function* resultsOf(
  response: Response,
): AsyncGenerator<Pick<GraphqlResponse<never>, 'data' | 'errors'>, undefined> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    yield (await response.json()) as GraphqlResponse<never>;
    return undefined;
  }
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.+)$/m.exec(event)?.[1];
      if (/^event: next$/m.test(event) && data) yield JSON.parse(data);
    }
  }
  return undefined;
}
