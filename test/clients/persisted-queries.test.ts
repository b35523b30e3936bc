import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange, gql as urqlGql } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTestServer } from '../support/test-server.js';

const sha256 = async (text: string): Promise<string> => createHash('sha256').update(text).digest('hex');

const start = async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const sent: { method: string; hasQuery: boolean }[] = [];
  const spy: typeof fetch = async (input, init) => {
    const text = `${String(input)} ${String(init?.body ?? '')}`;
    sent.push({ method: init?.method ?? 'GET', hasQuery: /[?&]query=|"query":/.test(text) });
    return fetch(input, init);
  };
  return { url: `${server.url}/graphql`, sent, spy };
};

describe.each(['GET', 'POST'] as const)("Apollo Client's persisted queries by %s", (method) => {
  test('send the document once, and its hash from then on', async () => {
    const { url, sent, spy } = await start();
    const ask = async () => {
      const useGETForHashedQueries = method === 'GET';
      const link = ApolloLink.from([
        new PersistedQueryLink({ sha256, useGETForHashedQueries }),
        new HttpLink({ uri: url, fetch: spy }),
      ]);
      const client = new ApolloClient({ cache: new InMemoryCache(), link });
      const { data } = await client.query<{ limits: { pageMax: number } }>({ query: gql('{ limits { pageMax } }') });
      client.stop();
      return data?.limits.pageMax;
    };
    expect(await ask()).toBe(200);
    expect(sent.map(({ hasQuery }) => hasQuery)).toEqual([false, true]);
    expect(await ask()).toBe(200);
    expect(sent.slice(2)).toEqual([{ method, hasQuery: false }]);
  });
});

describe.each(['GET', 'POST'] as const)("urql's persisted queries by %s", (method) => {
  test('send the document once, and its hash from then on', async () => {
    const { url, sent, spy } = await start();
    const ask = async () => {
      const exchanges = [
        persistedExchange({ preferGetForPersistedQueries: method === 'GET', generateHash: sha256 }),
        fetchExchange,
      ];
      const client = new Client({ url, exchanges, fetch: spy, preferGetMethod: method === 'GET' });
      const { data, error } = await client.query(urqlGql('{ limits { pageMax } }'), {}).toPromise();
      expect(error).toBeUndefined();
      return data.limits.pageMax;
    };
    expect(await ask()).toBe(200);
    expect(sent.map(({ hasQuery }) => hasQuery)).toEqual([false, true]);
    expect(await ask()).toBe(200);
    expect(sent.slice(2)).toEqual([{ method, hasQuery: false }]);
  });
});
