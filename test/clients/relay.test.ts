import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createOperationDescriptor, type Environment, type GraphQLTaggedNode, getRequest } from 'relay-runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runIn, writeDocumentedProject } from '../support/documented-project.js';
import { addImages, newAccount, newFile } from '../support/image-accounts.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

interface Edge {
  readonly node: { readonly id: string; readonly url: string };
}
interface Connection {
  readonly __id: string;
  readonly edges: readonly Edge[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

/** The exports of `relay/gallery.ts` in docs/clients.md. */
interface Gallery {
  readonly imagesQuery: GraphQLTaggedNode;
  listImages(accountId: string, after?: string): Promise<Connection>;
  uploadImage(accountId: string, file: Blob, connections?: string[]): Promise<unknown>;
  replaceImage(id: string, file: Blob): Promise<unknown>;
  deleteImage(id: string, connections?: string[]): Promise<unknown>;
  watchImages(accountId: string, onChange: (change: { changedId: string }) => void): { dispose(): void };
}

/** Enough for a busy machine. */
const slowly = { timeout: 15_000 };

let folder: { path: string; remove: () => Promise<void> };
let server: TestServer;
let gallery: Gallery;
let environment: Environment;
beforeAll(async () => {
  [folder, server] = await Promise.all([makeTempFolder(), startTestServer()]);
  await writeDocumentedProject(folder.path, 'docs/clients.md', server.url);
  await writeFile(join(folder.path, 'relay/insertions.ts'), insertions);
  await runIn(folder.path, 'relay-compiler');
  await runIn(folder.path, 'tsc relay/gallery.ts --ignoreConfig --module preserve --strict --skipLibCheck --noEmit');
  gallery = await loadCompiled('gallery');
  ({ environment } = await loadCompiled<{ environment: Environment }>('environment'));
}, 120_000);
afterAll(async () => {
  await server.close();
  await folder.remove();
});

/** The other directives that insert what an upload returns. */
const insertions = `
  import { commitMutation, graphql } from 'relay-runtime';
  import { environment } from './environment';
  const commit = (mutation, accountId, file, connections) =>
    new Promise((onCompleted, onError) => {
      const variables = { input: { accountId, file: null }, connections };
      commitMutation(environment, { mutation, variables, uploadables: { 'variables.input.file': file }, onCompleted, onError });
    });
  export const appendEdge = (...given) => commit(graphql\`
    mutation insertionsAppendEdgeMutation($input: UploadImageInput!, $connections: [ID!]!) {
      uploadImage(input: $input) {
        ... on UploadImagePayload {
          imageEdge @appendEdge(connections: $connections) { node { id url(transform: { width: 640 }) } }
        }
      }
    }\`, ...given);
  export const prependNode = (...given) => commit(graphql\`
    mutation insertionsPrependNodeMutation($input: UploadImageInput!, $connections: [ID!]!) {
      uploadImage(input: $input) {
        ... on UploadImagePayload {
          image @prependNode(connections: $connections, edgeTypeName: "ImageEdge") { id url(transform: { width: 640 }) }
        }
      }
    }\`, ...given);
`;

/** Imports a module of the project after what `babel-plugin-relay` does: each document becomes an import of its compiled form. */
const loadCompiled = async <Exports>(name: string): Promise<Exports> => {
  const path = join(folder.path, 'relay', `${name}.ts`);
  const imports: string[] = [];
  const compiled = (await readFile(path, 'utf8')).replace(/graphql`\s*\w+ (\w+)[^`]*`/g, (_document, operation) => {
    imports.push(`import ${operation}Document from './__generated__/${operation}.graphql';`);
    return `${operation}Document`;
  });
  await writeFile(path, [...imports, compiled].join('\n'));
  return import(pathToFileURL(path).href);
};

/** What a component that shows the list would render now, without a request. */
const shownImages = (accountId: string): Connection => {
  const operation = createOperationDescriptor(getRequest(gallery.imagesQuery), { accountId });
  return (environment.lookup(operation.fragment).data as unknown as { images: Connection }).images;
};
const shownIds = (accountId: string) => shownImages(accountId).edges.map(({ node }) => node.id);

test('the pages of a connection are one list', async () => {
  const accountId = newAccount();
  const ids = await addImages(server, accountId, 25);
  const { pageInfo } = await gallery.listImages(accountId);
  expect(shownIds(accountId)).toEqual(ids.slice(0, 20));
  await gallery.listImages(accountId, pageInfo.endCursor);
  expect(shownIds(accountId)).toEqual(ids);
  expect(shownImages(accountId).pageInfo.hasNextPage).toBe(false);
});

test('an upload puts its edge into the list, an error does not', async () => {
  const accountId = newAccount();
  const [older] = await addImages(server, accountId, 1);
  const { __id } = await gallery.listImages(accountId);
  const file = await newFile();
  expect(await gallery.uploadImage(accountId, file, [__id])).toMatchObject({ __typename: 'UploadImagePayload' });
  expect(shownIds(accountId)).toEqual([expect.any(String), older]);
  expect(shownImages(accountId).edges[0]?.node.url).toContain(server.url);
  expect(await gallery.uploadImage(accountId, file, [__id])).toMatchObject({
    __typename: 'DuplicateImageError',
    code: 'DUPLICATE_IMAGE',
    existing: { id: shownIds(accountId)[0] },
  });
  expect(shownIds(accountId)).toHaveLength(2);
});

test.each([
  ['prependNode', 0],
  ['appendEdge', 1],
] as const)('@%s inserts what an upload returns, at index %d, and nothing for an error', async (directive, index) => {
  const insert = (await loadCompiled<Record<typeof directive, Gallery['uploadImage']>>('insertions'))[directive];
  const accountId = newAccount();
  const [older] = await addImages(server, accountId, 1);
  const { __id } = await gallery.listImages(accountId);
  const file = await newFile();
  await insert(accountId, file, [__id]);
  await insert(accountId, file, [__id]);
  expect(shownIds(accountId)).toHaveLength(2);
  expect(shownIds(accountId).indexOf(older ?? '')).toBe(1 - index);
});

test('a replaced image shows its new URL everywhere', async () => {
  const accountId = newAccount();
  const [id = ''] = await addImages(server, accountId, 1);
  await gallery.listImages(accountId);
  const before = shownImages(accountId).edges[0]?.node.url;
  expect(await gallery.replaceImage(id, await newFile())).toMatchObject({ __typename: 'ReplaceImagePayload' });
  const after = shownImages(accountId).edges[0]?.node.url;
  expect(after).not.toBe(before);
  expect((await fetch(after ?? '')).status).toBe(200);
});

test('a deleted image leaves the list and the store', async () => {
  const accountId = newAccount();
  const [newest = '', older] = await addImages(server, accountId, 2);
  const { __id } = await gallery.listImages(accountId);
  await gallery.deleteImage(newest, [__id]);
  expect(shownIds(accountId)).toEqual([older]);
  expect(environment.getStore().getSource().get(newest)).toBeNull();
});

test('a failed query is an error with the words of the server', async () => {
  await expect(gallery.listImages(newAccount(), 'no cursor')).rejects.toThrow(/cursor/);
});

test('a subscription reports changes, and updates the images that are shown', async () => {
  const accountId = newAccount();
  const [id = ''] = await addImages(server, accountId, 1);
  await gallery.listImages(accountId);
  const before = shownImages(accountId).edges[0]?.node.url;
  const seen: string[] = [];
  const subscription = gallery.watchImages(accountId, ({ changedId }) => seen.push(changedId));
  await expect
    .poll(async () => {
      await replaceElsewhere(id);
      return seen;
    }, slowly)
    .toContain(id);
  subscription.dispose();
  expect(shownImages(accountId).edges[0]?.node.url).not.toBe(before);
});

const replaceElsewhere = async (id: string): Promise<void> => {
  await server.upload(
    'mutation ($input: ReplaceImageInput!) { replaceImage(input: $input) { __typename } }',
    { input: { id, file: null } },
    { 'input.file': new Uint8Array(await (await newFile()).arrayBuffer()) },
  );
};
