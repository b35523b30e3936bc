import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ApolloClient, gql, type ObservableQuery } from '@apollo/client';
import type { Client, OperationResult, OperationResultSource } from '@urql/core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { writeDocumentedProject } from '../support/documented-project.js';
import { addImages, newAccount, newFile } from '../support/image-accounts.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

interface List {
  readonly images: {
    readonly edges: readonly {
      readonly node: {
        readonly id: string;
        readonly url: string;
        readonly metadata: { readonly altText: string | null };
      };
    }[];
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
  };
}

/** What both sections of docs/clients.md export. */
interface Mutations {
  uploadImage(accountId: string, file: Blob): Promise<unknown>;
  replaceImage(id: string, file: Blob): Promise<unknown>;
  deleteImage(id: string): Promise<unknown>;
}
interface Apollo extends Mutations {
  readonly client: ApolloClient;
  watchList(accountId: string): ObservableQuery<List>;
  imageChanges(accountId: string): ReturnType<ApolloClient['subscribe']>;
}
interface Urql extends Mutations {
  readonly client: Client;
  watchList(accountId: string, after?: string): OperationResultSource<OperationResult<List>>;
  updateImage(id: string, altText: string): Promise<unknown>;
  imageChanges(accountId: string): OperationResultSource<OperationResult<{ imageChanged: { kind: string } }>>;
}

/** What a client said in the console, which is where caches report what they cannot keep. */
const said: string[] = [];
for (const level of ['warn', 'error'] as const) {
  vi.spyOn(console, level).mockImplementation((...words) => said.push(words.join(' ')));
}

/** Enough for a busy machine. */
const slowly = { timeout: 15_000 };

let folder: { path: string; remove: () => Promise<void> };
let server: TestServer;
let apollo: Apollo;
let urql: Urql;
beforeAll(async () => {
  [folder, server] = await Promise.all([makeTempFolder(), startTestServer()]);
  await writeDocumentedProject(folder.path, 'docs/clients.md', server.url);
  apollo = await import(pathToFileURL(join(folder.path, 'apollo.ts')).href);
  urql = await import(pathToFileURL(join(folder.path, 'urql.ts')).href);
}, 120_000);
afterAll(async () => {
  apollo.client.stop();
  await server.close();
  await folder.remove();
});

/** A list as a component shows it: its last result, which changes with the cache. */
const clients = {
  'Apollo Client': {
    mutations: (): Mutations => apollo,
    show: async (accountId: string) => {
      let shown: List | undefined;
      const query = apollo.watchList(accountId);
      const subscription = query.subscribe(({ data, dataState }) => {
        if (dataState === 'complete') shown = data as List;
      });
      onTestFinished(() => subscription.unsubscribe());
      await vi.waitFor(() => expect(shown).toBeDefined(), slowly);
      const more = async (after: string) => void (await query.fetchMore({ variables: { after } }));
      return { edges: () => shown?.images.edges ?? [], end: () => shown?.images.pageInfo.endCursor ?? '', more };
    },
  },
  urql: {
    mutations: (): Mutations => urql,
    show: async (accountId: string) => {
      let shown: List | undefined;
      const subscription = urql.watchList(accountId).subscribe(({ data }) => {
        shown = data;
      });
      onTestFinished(() => subscription.unsubscribe());
      await vi.waitFor(() => expect(shown).toBeDefined(), slowly);
      const more = async (after: string) => void (await urql.watchList(accountId, after).toPromise());
      return { edges: () => shown?.images.edges ?? [], end: () => shown?.images.pageInfo.endCursor ?? '', more };
    },
  },
};

describe.each(Object.entries(clients))('docs/clients.md, %s', (_name, { mutations, show }) => {
  test('the pages of a connection are one list', async () => {
    const accountId = newAccount();
    const ids = await addImages(server, accountId, 25);
    const list = await show(accountId);
    expect(list.edges().map(({ node }) => node.id)).toEqual(ids.slice(0, 20));
    await list.more(list.end());
    await vi.waitFor(() => expect(list.edges().map(({ node }) => node.id)).toEqual(ids), slowly);
  });

  test('an upload is the first of the list without another request, an error changes nothing', async () => {
    const accountId = newAccount();
    const [older] = await addImages(server, accountId, 1);
    const list = await show(accountId);
    const file = await newFile();
    expect(await mutations().uploadImage(accountId, file)).toMatchObject({ __typename: 'UploadImagePayload' });
    await vi.waitFor(
      () => expect(list.edges().map(({ node }) => node.id)).toEqual([expect.any(String), older]),
      slowly,
    );
    expect(await mutations().uploadImage(accountId, file)).toMatchObject({
      __typename: 'DuplicateImageError',
      code: 'DUPLICATE_IMAGE',
      message: expect.stringContaining('already'),
      existing: { id: list.edges()[0]?.node.id },
    });
    expect(list.edges()).toHaveLength(2);
  });

  test('a replaced image shows its new URL in the list', async () => {
    const accountId = newAccount();
    const [id = ''] = await addImages(server, accountId, 1);
    const list = await show(accountId);
    const before = list.edges()[0]?.node.url;
    expect(await mutations().replaceImage(id, await newFile())).toMatchObject({ __typename: 'ReplaceImagePayload' });
    await vi.waitFor(() => expect(list.edges()[0]?.node.url).not.toBe(before), slowly);
    expect((await fetch(list.edges()[0]?.node.url ?? '')).status).toBe(200);
  });

  test('a deleted image leaves the list', async () => {
    const accountId = newAccount();
    const [newest = '', older] = await addImages(server, accountId, 2);
    const list = await show(accountId);
    expect(await mutations().deleteImage(newest)).toMatchObject({ deletedId: newest });
    await vi.waitFor(() => expect(list.edges().map(({ node }) => node.id)).toEqual([older]), slowly);
    expect(await mutations().deleteImage(newest)).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' });
  });
});

test("queries that select different fields of an object without an id fill Apollo's cache, and lose nothing", async () => {
  const accountId = newAccount();
  await addImages(server, accountId, 1);
  const ask = (selection: string) =>
    apollo.client.query<{ images: { edges: { node: object }[] } }>({
      query: gql(
        `query ($accountId: UUID!) { images(accountId: $accountId) { edges { node { id ${selection} } } pageInfo { endCursor } } }`,
      ),
      variables: { accountId },
    });
  await ask('placeholder { dominantColor } metadata { id altText }');
  await ask('placeholder { dataUri } metadata { id ext }');
  const sent = vi.spyOn(globalThis, 'fetch');
  onTestFinished(() => sent.mockRestore());
  const { data } = await ask('placeholder { dominantColor dataUri } metadata { id altText ext }');
  expect(data?.images.edges).toEqual([
    {
      __typename: 'ImageEdge',
      node: expect.objectContaining({
        placeholder: expect.objectContaining({ dominantColor: expect.any(String), dataUri: expect.any(String) }),
        metadata: expect.objectContaining({ altText: null, ext: '.jpg' }),
      }),
    },
  ]);
  expect(sent).not.toHaveBeenCalled();
});

test("an alternative text is in urql's list at once, and the old one is again if the server refuses the new one", async () => {
  const accountId = newAccount();
  const [id = ''] = await addImages(server, accountId, 1);
  const shown: unknown[] = [];
  const subscription = urql.watchList(accountId).subscribe(({ data }) => {
    const altText = data?.images.edges[0]?.node.metadata.altText;
    if (shown.length === 0 || shown.at(-1) !== altText) shown.push(altText);
  });
  onTestFinished(() => subscription.unsubscribe());
  await vi.waitFor(() => expect(shown).toEqual([null]), slowly);
  expect(await urql.updateImage(id, 'A red bicycle')).toMatchObject({ __typename: 'UpdateImagePayload' });
  const tooLong = 'a'.repeat(1001);
  expect(await urql.updateImage(id, tooLong)).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT' });
  await vi.waitFor(() => expect(shown).toEqual([null, 'A red bicycle', tooLong, 'A red bicycle']), slowly);
});

test.each([
  [
    'Apollo Client',
    (accountId: string, next: (result: unknown) => void) => apollo.imageChanges(accountId).subscribe(next),
  ],
  ['urql', (accountId: string, next: (result: unknown) => void) => urql.imageChanges(accountId).subscribe(next)],
] as const)('%s receives changes', async (_name, subscribe) => {
  const accountId = newAccount();
  const seen: unknown[] = [];
  const subscription = subscribe(accountId, (result) => seen.push(result));
  await expect
    .poll(async () => {
      await addImages(server, accountId, 1);
      return seen.length;
    }, slowly)
    .toBeGreaterThan(0);
  subscription.unsubscribe();
  expect(seen[0]).toMatchObject({ data: { imageChanged: { kind: 'CREATED' } } });
});

test('a failed query has the words of the server', async () => {
  const query = gql('query ($accountId: UUID!) { images(accountId: $accountId, after: "no cursor") { __typename } }');
  const variables = { accountId: newAccount() };
  await expect(apollo.client.query({ query, variables })).rejects.toThrow(/cursor/);
  expect((await urql.client.query(query, variables)).error?.message).toMatch(/cursor/);
});

test('neither cache had anything to complain of', () => {
  expect(said).toEqual([]);
});
