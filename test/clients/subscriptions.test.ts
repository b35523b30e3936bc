import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { createClient } from 'graphql-sse';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCreate } from '../support/run-keys.js';
import { photoJpeg } from '../support/sample-images.js';
import { accountId, startTestServer } from '../support/test-server.js';

const subscription = `subscription { imageChanged(accountId: "${accountId}") { kind } }`;
const slowly = { timeout: 15_000 };

const start = async (variables: Record<string, string> = {}) => {
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  const headers: Record<string, string> = {};
  const useKey = async () => {
    const { id, secret } = await runCreate(
      server.dataFolder,
      accountId,
      ['images.read', 'images.write'],
      server.variables,
    );
    headers['authorization'] = `Bearer ${id}.${secret}`;
  };
  if (variables['AUTH'] === 'keys') await useKey();
  let width = 20;
  const upload = async (): Promise<void> => {
    width += 10;
    const { data } = await server.upload(
      `mutation($file: File!) { uploadImage(input: { accountId: "${accountId}", file: $file }) { __typename } }`,
      { file: null },
      { file: await photoJpeg({ width, height: 20 }) },
      headers,
    );
    expect(data.uploadImage.__typename).not.toMatch(/Error/);
  };
  return { server, headers, upload };
};

describe.each(['open', 'keys'])('with AUTH=%s', (AUTH) => {
  test("Apollo Client's subscriptions over HTTP receive changes and leave", async () => {
    const { server, headers, upload } = await start({ AUTH });
    const link = new HttpLink({ uri: `${server.url}/graphql`, headers });
    const client = new ApolloClient({ cache: new InMemoryCache(), link });
    const kinds: unknown[] = [];
    const subscribed = client.subscribe<{ imageChanged: { kind: string } }>({ query: gql(subscription) }).subscribe({
      next: ({ data, error }) => kinds.push(error ?? data?.imageChanged.kind),
      error: (e) => kinds.push(e),
    });
    await expect
      .poll(async () => {
        await upload();
        return kinds.length;
      }, slowly)
      .toBeGreaterThan(1);
    expect(new Set(kinds)).toEqual(new Set(['CREATED']));
    subscribed.unsubscribe();
    client.stop();
  });

  test.each([true, false])(
    'graphql-sse receives the results of several operations; in a single connection: %s',
    async (singleConnection) => {
      const { server, headers, upload } = await start({ AUTH });
      const url = `${server.url}/graphql${singleConnection ? '/stream' : ''}`;
      const client = createClient({ url, singleConnection, headers, retryAttempts: 0 });
      onTestFinished(() => client.dispose());
      const subscribe = () => {
        const kinds: unknown[] = [];
        const stop = client.subscribe<{ imageChanged: { kind: string } }>(
          { query: subscription },
          {
            next: ({ data }) => kinds.push(data?.imageChanged.kind),
            error: (error) => kinds.push(error),
            complete: () => kinds.push('complete'),
          },
        );
        return { kinds, stop };
      };
      const first = subscribe();
      const second = subscribe();
      const limits = await new Promise((resolve, reject) => {
        client.subscribe(
          { query: '{ limits { pageMax } }' },
          { next: resolve, error: reject, complete: () => undefined },
        );
      });
      expect(limits).toEqual({ data: { limits: { pageMax: 200 } } });
      await expect
        .poll(async () => {
          await upload();
          return Math.min(first.kinds.length, second.kinds.length);
        }, slowly)
        .toBeGreaterThan(0);
      first.stop();
      await expect.poll(() => first.kinds.at(-1), slowly).toBe('complete');
      const before = second.kinds.length;
      await expect
        .poll(async () => {
          await upload();
          return second.kinds.length;
        }, slowly)
        .toBeGreaterThan(before);
      expect(new Set(second.kinds)).toEqual(new Set(['CREATED']));
    },
  );
});

test('a document that does not fit the schema is an error of its operation, in both clients', async () => {
  const { server } = await start();
  const wrong = 'subscription { nothing }';
  const link = new HttpLink({ uri: `${server.url}/graphql` });
  const apollo = new ApolloClient({ cache: new InMemoryCache(), link });
  const seen = await new Promise((resolve) => {
    apollo
      .subscribe({ query: gql(wrong) })
      .subscribe({ next: ({ error }) => resolve(String(error)), error: (error) => resolve(String(error)) });
  });
  expect(seen).toContain('Cannot query field');
  apollo.stop();
  const sse = createClient({ url: `${server.url}/graphql/stream`, singleConnection: true, retryAttempts: 0 });
  onTestFinished(() => sse.dispose());
  const result = await new Promise((resolve) => {
    sse.subscribe({ query: wrong }, { next: resolve, error: resolve, complete: () => undefined });
  });
  expect(JSON.stringify(result)).toContain('Cannot query field');
});
