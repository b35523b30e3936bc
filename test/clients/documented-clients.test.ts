import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { minifyIntrospection, outputIntrospectionFile } from '@gql.tada/internal';
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLSchema,
  introspectionFromSchema,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runIn, writeDocumentedProject } from '../support/documented-project.js';
import { addImages, newAccount, newFile } from '../support/image-accounts.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const schema = buildSchema(await readFile('schema.graphql', 'utf8'));

/** What `gql.tada generate output` writes. The command itself needs a TypeScript before 7. */
const writeTadaTypes = async (folder: string): Promise<void> => {
  const introspection = minifyIntrospection(introspectionFromSchema(schema));
  const types = outputIntrospectionFile(introspection, { fileType: '.d.ts', shouldPreprocess: true });
  await writeFile(join(folder, 'tada/graphql-env.d.ts'), types);
};

interface Connection {
  readonly edges: readonly { readonly node: { readonly id: string; readonly url: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** What a section of docs/clients.md exports; a client that cannot do something lacks its function. */
interface DocumentedClient {
  loadSchema?(): Promise<GraphQLSchema>;
  listImages?(accountId: string, after?: string): Promise<Connection>;
  // biome-ignore lint/suspicious/noExplicitAny: a union that each test narrows by its expectations
  uploadImage?(accountId: string, file: Blob): Promise<any>;
  watchImages?(accountId: string): AsyncIterable<unknown>;
}

/** Enough for a busy machine. */
const slowly = { timeout: 15_000 };

let folder: { path: string; remove: () => Promise<void> };
let server: TestServer;
beforeAll(async () => {
  [folder, server] = await Promise.all([makeTempFolder(), startTestServer()]);
  await writeDocumentedProject(folder.path, 'docs/clients.md', server.url);
  await writeTadaTypes(folder.path);
}, 120_000);
afterAll(async () => {
  await server.close();
  await folder.remove();
});

const load = (name: string): Promise<DocumentedClient> => import(pathToFileURL(join(folder.path, `${name}.ts`)).href);

const idsOf = ({ edges }: Connection) => edges.map(({ node }) => node.id);

test('every file of the page compiles, with the types of either code generator', async () => {
  const documents = await readFile(join(folder.path, 'documents.ts'), 'utf8');
  await writeFile(
    join(folder.path, 'tada/documents.ts'),
    documents.replace("'./generated/index.js'", "'./graphql.js'"),
  );
  for (const name of ['graphql-request', 'url-loader', 'graphql-sse']) {
    await copyFile(join(folder.path, `${name}.ts`), join(folder.path, 'tada', `${name}.ts`));
  }
  await writeFile(
    join(folder.path, 'tada/types.ts'),
    `import { listImages } from './graphql-request.js';
    const { edges } = (await listImages('an account')) ?? { edges: [] };
    export const text: string | null | undefined = edges[0]?.node.metadata.altText;
    // @ts-expect-error an alternative text is no number
    export const wrong: number | null | undefined = edges[0]?.node.metadata.altText;
    // @ts-expect-error the document does not select it
    export const absent = edges[0]?.node.width;`,
  );
  await runIn(folder.path, 'tsc');
}, 60_000);

test('the client preset writes trusted documents, and its client runs where nothing else does', async () => {
  const trusted = await startTestServer({
    TRUSTED_DOCUMENTS: join(folder.path, 'trusted/generated/persisted-documents.json'),
  });
  onTestFinished(() => trusted.close());
  const text = await readFile(join(folder.path, 'trusted/page-size.ts'), 'utf8');
  expect(text).toContain(server.url);
  const path = join(folder.path, 'trusted/page-size-of-trusted.ts');
  await writeFile(path, text.replaceAll(server.url, trusted.url));
  const { pageSize } = await import(pathToFileURL(path).href);
  expect(await pageSize()).toBe(200);
  const { errors } = await trusted.query('{ limits { pageMax } }');
  expect(errors?.[0]?.extensions?.code).toBe('PERSISTED_DOCUMENT_REQUIRED');
});

test('every configuration of a code generator has every scalar', async () => {
  const scalars = Object.values(schema.getTypeMap()).filter(
    (type) => isScalarType(type) && !isSpecifiedScalarType(type),
  );
  const files = ['codegen.json', 'tada/graphql.ts', 'relay.config.json'].map((name) => join(folder.path, name));
  for (const file of [...files, 'examples/typed-client/codegen.json']) {
    const text = await readFile(file, 'utf8');
    const missing = scalars.filter(({ name }) => !new RegExp(`^\\s+"?${name}"?: `, 'm').test(text));
    // to Relay a file is null in the variables, whatever its type
    expect(missing.map(({ name }) => name)).toEqual(file.endsWith('relay.config.json') ? ['File'] : []);
  }
});

test('UrlLoader reads the schema that the server has', async () => {
  const { loadSchema } = await load('url-loader');
  const loaded = (await loadSchema?.()) ?? buildSchema('type Query { nothing: Int }');
  expect([...findBreakingChanges(schema, loaded), ...findBreakingChanges(loaded, schema)]).toEqual([]);
});

describe.each(['fetch', 'graphql-request', 'url-loader'])('docs/clients.md, %s', (name) => {
  test('pages through a list', async () => {
    const { listImages } = await load(name);
    const accountId = newAccount();
    const ids = await addImages(server, accountId, 25);
    const first = await listImages?.(accountId);
    expect(first && idsOf(first)).toEqual(ids.slice(0, 20));
    expect(first?.pageInfo.hasNextPage).toBe(true);
    const second = await listImages?.(accountId, first?.pageInfo.endCursor ?? undefined);
    expect(second && idsOf(second)).toEqual(ids.slice(20));
    expect(second?.pageInfo.hasNextPage).toBe(false);
  });

  test('fails with the words of the server', async () => {
    const { listImages } = await load(name);
    await expect(listImages?.(newAccount(), 'no cursor')).rejects.toThrow(/cursor/);
  });
});

describe.each(['fetch', 'url-loader'])('docs/clients.md, %s', (name) => {
  test('uploads, and receives the error of a second upload as a result', async () => {
    const { uploadImage } = await load(name);
    const accountId = newAccount();
    const file = await newFile();
    expect(await uploadImage?.(accountId, file)).toMatchObject({ __typename: 'UploadImagePayload' });
    expect(await uploadImage?.(accountId, file)).toMatchObject({
      __typename: 'DuplicateImageError',
      code: 'DUPLICATE_IMAGE',
      message: expect.stringContaining('already'),
    });
  });
});

describe.each(['graphql-sse', 'url-loader'])('docs/clients.md, %s', (name) => {
  test('receives changes', async () => {
    const { watchImages } = await load(name);
    const accountId = newAccount();
    const seen: unknown[] = [];
    const changes = watchImages?.(accountId)[Symbol.asyncIterator]();
    const next = changes?.next().then(({ value }) => seen.push(value));
    await expect
      .poll(async () => {
        await addImages(server, accountId, 1);
        return seen;
      }, slowly)
      .toEqual([expect.objectContaining({})]);
    await next;
    expect(JSON.stringify(seen)).toContain('"kind":"CREATED"');
    await changes?.return?.();
  });
});
