import { createClient, type RequestParams } from 'graphql-sse';
import { type Document, graphqlUrl } from './execute.js';

export interface FollowOptions<Result, Variables> {
  readonly headers: () => Readonly<Record<string, string>>;
  readonly document: Document<Result, Variables>;
  /** The variables of a subscription that continues after a cursor, or starts with the next change. */
  readonly variables: (after: string | undefined) => Variables;
  readonly cursorOf: (result: Result) => string;
  readonly onChange: (result: Result) => void;
  /** Changes may have been missed: everything has to be read again. */
  readonly onGap: () => void;
  /** Whether changes arrive at present. */
  readonly onLive: (isLive: boolean) => void;
}

const maxPauseMs = 15_000;

/**
 * Follows changes until it is stopped. After an interruption it continues where it was. A hidden page holds no connection: browsers open
 * six to a server, for all pages together.
 */
export const follow = <Result, Variables>(options: FollowOptions<Result, Variables>): (() => void) => {
  let cursor: string | undefined;
  let failures = 0;
  let isStopped = false;
  let close = (): void => {};
  let wake = (): void => {};

  const connect = (): Promise<void> =>
    new Promise((resolve) => {
      const client = createClient({ url: graphqlUrl, headers: options.headers, retryAttempts: 0 });
      close = () => {
        client.dispose();
        resolve();
      };
      const request = {
        query: options.document.toString(),
        variables: options.variables(cursor) as NonNullable<RequestParams['variables']>,
      };
      client.subscribe<Result>(
        request,
        {
          next: ({ data, errors }) => {
            if (errors?.some(({ extensions }) => extensions?.['code'] === 'CURSOR_EXPIRED')) cursor = undefined;
            if (!data) return;
            cursor = options.cursorOf(data);
            options.onChange(data);
          },
          error: close,
          complete: close,
        },
        {
          connected: () => {
            failures = 0;
            options.onLive(true);
            if (cursor === undefined) options.onGap();
          },
        },
      );
    });

  const run = async (): Promise<void> => {
    while (!isStopped) {
      if (document.visibilityState === 'visible') {
        await connect();
        options.onLive(false);
        failures += 1;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (document.visibilityState === 'visible') setTimeout(resolve, Math.min(maxPauseMs, 250 * 2 ** failures));
      });
    }
  };

  const onVisibility = (): void => (document.visibilityState === 'visible' ? wake() : close());
  document.addEventListener('visibilitychange', onVisibility);
  void run();
  return () => {
    isStopped = true;
    document.removeEventListener('visibilitychange', onVisibility);
    close();
    wake();
  };
};
