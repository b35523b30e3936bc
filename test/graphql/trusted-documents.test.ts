import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app/app.js';
import { parseConfig } from '../../src/config.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { consoleDocuments } from '../../src/http/console.js';
import { StartRefusedError } from '../../src/state/start-refused-error.js';
import { photoJpeg } from '../support/sample-images.js';
import { makeTempFolder, useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

const idOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

const limits = 'query Limits { limits { pageMax } }';
const upload =
  'mutation($input: UploadImageInput!) { uploadImage(input: $input) { __typename ... on Error { message } } }';
const changes = 'subscription($accountId: UUID!) { imageChanged(accountId: $accountId) { kind } }';
const widths = Array.from({ length: 20 }, (_, index) => index + 1);
const costly = `query($first: PageSize) {
  images(accountId: "${accountId}", first: $first) { nodes { srcset(widths: [${widths}]) } }
}`;
const catalog = { [idOf(limits)]: limits, upload, costly, 'x-app:changes': changes };
const adHoc = '{ limits { pageMax } }';

const pageMax = { status: 200, body: { data: { limits: { pageMax: 200 } } } };
const refused = (code: string, message = '') => ({
  status: 400,
  body: { errors: [{ message: expect.stringContaining(message), extensions: { code } }] },
});

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
beforeAll(async () => {
  folder = await makeTempFolder();
});
afterAll(() => folder.remove());

const fileOf = async (content: unknown): Promise<string> => {
  const path = join(folder.path, `${randomUUID()}.json`);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const start = async (mode: string, overrides = {}): Promise<TestServer> =>
  startTestServer({ TRUSTED_DOCUMENTS: await fileOf(catalog), TRUSTED_DOCUMENTS_MODE: mode }, overrides);

const responseOf = async (response: Response) => ({ status: response.status, body: await response.json() });
const clientOf = ({ url }: TestServer) => ({
  post: async (params: object, accept = 'application/json') =>
    responseOf(
      await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify(params),
      }),
    ),
  get: async (params: Record<string, string>) =>
    responseOf(
      await fetch(`${url}/graphql?${new URLSearchParams(params)}`, { headers: { accept: 'application/json' } }),
    ),
  form: async (params: Record<string, string>) =>
    responseOf(
      await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'apollo-require-preflight': '1', accept: 'application/json' },
        body: new URLSearchParams(params),
      }),
    ),
});

describe.each(['only', 'also'])('with TRUSTED_DOCUMENTS_MODE=%s', (mode) => {
  let server: TestServer;
  let client: ReturnType<typeof clientOf>;
  beforeAll(async () => {
    server = await start(mode);
    client = clientOf(server);
  });
  afterAll(() => server.close());

  test('an id runs its document by POST, GET and a form', async () => {
    for (const send of [client.post, client.get, client.form]) {
      expect(await send({ documentId: idOf(limits) })).toEqual(pageMax);
      expect(await send({ documentId: idOf(limits), operationName: 'Limits' })).toEqual(pageMax);
    }
  });

  test('each document has its SHA-256 as an id, also as clients of persisted queries send it', async () => {
    const changesAsHash = await client.post({ documentId: idOf(upload), variables: {} });
    expect(changesAsHash.body.errors[0].message).toContain('$input');
    const sha256Hash = idOf(limits).slice('sha256:'.length);
    expect(await client.post({ extensions: { persistedQuery: { version: 1, sha256Hash } } })).toEqual(pageMax);
  });

  test('an id never makes a GET run a mutation', async () => {
    expect((await client.get({ documentId: 'upload', variables: '{"input":{}}' })).status).toBe(405);
  });

  test('files go with an id', async () => {
    const form = new FormData();
    const variables = { input: { accountId, file: null } };
    form.set('operations', JSON.stringify({ documentId: 'upload', variables }));
    form.set('map', '{"0":["variables.input.file"]}');
    form.set('0', new Blob([new Uint8Array(await photoJpeg({ width: 60, height: 40 }))]));
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'apollo-require-preflight': '1' },
      body: form,
    });
    expect(await response.json()).toEqual({ data: { uploadImage: { __typename: 'UploadImagePayload' } } });
  });

  test.each(['POST', 'GET'])('a subscription starts with an id, by %s', async (method) => {
    const variables = { accountId };
    const query = new URLSearchParams({ documentId: 'x-app:changes', variables: JSON.stringify(variables) });
    const abort = new AbortController();
    const response = await fetch(`${server.url}/graphql${method === 'GET' ? `?${query}` : ''}`, {
      method,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: method === 'GET' ? null : JSON.stringify({ documentId: 'x-app:changes', variables }),
      signal: abort.signal,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    abort.abort();
  });

  test.each(['', 'sha256:', 'nothing', '__proto__', 'constructor', idOf('{ __typename }'), 'x'.repeat(100_000)])(
    'an unknown id is refused with a code: %.60s',
    async (documentId) => {
      const expected = refused('PERSISTED_DOCUMENT_NOT_FOUND', 'No trusted document');
      const response = await client.post({ documentId }, 'application/graphql-response+json');
      expect(response).toEqual(expected);
      expect(JSON.stringify(response).length).toBeLessThan(500);
    },
  );

  test('an id that is no text, or comes with another document, is refused', async () => {
    for (const documentId of [1, true, [idOf(limits)], { a: 1 }]) {
      expect(await client.post({ documentId })).toEqual(refused('BAD_REQUEST', 'not text'));
    }
    expect(await client.post({ documentId: idOf(limits), query: changes })).toEqual(
      refused('BAD_REQUEST', 'different documents'),
    );
    expect(await client.post({ documentId: idOf(limits), query: limits })).toEqual(pageMax);
  });

  test('the cost of a trusted document is limited as that of any other', async () => {
    expect((await client.post({ documentId: 'costly', variables: { first: 1 } })).body.data).toBeDefined();
    const { body } = await client.post({ documentId: 'costly', variables: { first: 200 } });
    expect(body.errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
  });
});

describe('with TRUSTED_DOCUMENTS_MODE=only', () => {
  let server: TestServer;
  let client: ReturnType<typeof clientOf>;
  beforeAll(async () => {
    server = await start('only');
    client = clientOf(server);
  });
  afterAll(() => server.close());

  test.each([
    ['a query', adHoc],
    ['a trusted document with a space more', `${limits} `],
    ['introspection', '{ __schema { queryType { name } } }'],
    ['a mutation', 'mutation { __typename }'],
    ['a subscription', `subscription { metalImageChanged { kind } }`],
    ['what is no GraphQL', '}{'],
    ['an empty text', ''],
  ])('%s is refused, however it is sent', async (_what, query) => {
    const expected = refused('PERSISTED_DOCUMENT_REQUIRED', 'trusted documents only');
    expect(await client.post({ query })).toEqual(expected);
    expect(await client.post({ query }, 'application/graphql-response+json')).toEqual(expected);
    expect(await client.post({ query }, 'text/event-stream, application/json')).toMatchObject({ status: 400 });
    if (query !== '') {
      expect(await client.get({ query })).toEqual(expected);
      expect(await client.form({ query })).toEqual(expected);
    }
    expect(await client.post({ query, documentId: null })).toEqual(expected);
    const upload = await server.upload(query, {}, {});
    expect(upload).toMatchObject({ status: 400, errors: expected.body.errors });
    const raw = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/graphql' },
      body: query,
    });
    expect(raw.status).toBe(400);
  });

  test.each([[{ toString: null }], [[limits]], [1], [true]])(
    'a query that is no text is refused: %j',
    async (query) => {
      expect(await client.post({ query })).toEqual(refused('PERSISTED_DOCUMENT_REQUIRED'));
    },
  );

  test('a connection of many operations starts trusted documents only', async () => {
    const url = `${server.url}/graphql/stream`;
    const token = await (await fetch(url, { method: 'PUT' })).text();
    const stream = await fetch(`${url}?token=${token}`, { headers: { accept: 'text/event-stream' } });
    const events = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    const outcomeOf = async (operationId: string, params: object) => {
      const headers = { 'content-type': 'application/json', 'x-graphql-event-stream-token': token };
      const body = JSON.stringify({ ...params, extensions: { operationId } });
      expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(202);
      let text = '';
      while (!text.includes(`event: complete\ndata: {"id":"${operationId}"}`))
        text += (await events?.read())?.value ?? '';
      return text;
    };
    expect(await outcomeOf('1', { query: adHoc })).toContain('PERSISTED_DOCUMENT_REQUIRED');
    expect(await outcomeOf('2', { documentId: idOf(limits) })).toContain('"pageMax":200');
    await events?.cancel();
  });

  test('no client registers a document as a persisted query', async () => {
    const sha256Hash = idOf(adHoc).slice('sha256:'.length);
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    expect(await client.post({ query: adHoc, extensions })).toEqual(refused('PERSISTED_DOCUMENT_REQUIRED'));
    expect((await client.post({ extensions })).body.errors[0].extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  test('the text of a trusted document runs too', async () => {
    expect(await client.post({ query: limits })).toEqual(pageMax);
  });

  test('every document of the console runs, and none of them if there is no console', async () => {
    const documents = (await consoleDocuments()).filter((text) => !text.trim().startsWith('fragment'));
    expect(documents.length).toBeGreaterThan(15);
    const without = await startTestServer({ TRUSTED_DOCUMENTS: await fileOf(catalog), CONSOLE: 'off' });
    onTestFinished(() => without.close());
    const codesOf = async (target: TestServer, query: string) => {
      const { body } = await clientOf(target).post({ query, variables: { accountId: 'nobody' } });
      return (body.errors ?? []).map(({ extensions }: { extensions?: { code?: string } }) => extensions?.code);
    };
    for (const query of documents.filter((text) => !text.includes('subscription'))) {
      expect(await codesOf(server, query)).not.toContain('PERSISTED_DOCUMENT_REQUIRED');
      expect(await codesOf(without, query)).toEqual(['PERSISTED_DOCUMENT_REQUIRED']);
    }
  });

  test('GraphiQL, which sends what people write, is not served, and nothing leads there', async () => {
    const page = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).not.toContain('text/html');
    const links = await fetch(server.url, { headers: { accept: 'application/json' } });
    expect(await links.text()).not.toContain('GraphiQL');
  });
});

test('a document that came often runs by its id past the framework', async () => {
  let routed = 0;
  const onRoute = (route: RouteOptions) => {
    if (route.url !== '/graphql') return;
    route.onRequest = async () => {
      routed += 1;
    };
  };
  const server = await start('only', { compileAfter: 1, directGraphql: true, onRoute });
  onTestFinished(() => server.close());
  const { post } = clientOf(server);
  for (let time = 0; time < 5; time += 1) expect(await post({ documentId: idOf(limits) })).toEqual(pageMax);
  expect(routed).toBe(1);
});

test('a trusted document does no more without a key than any other', async () => {
  const server = await startTestServer({ TRUSTED_DOCUMENTS: await fileOf(catalog), AUTH: 'keys' });
  onTestFinished(() => server.close());
  const { status, body } = await clientOf(server).post({ documentId: 'costly', variables: { first: 1 } });
  expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
});

test('without TRUSTED_DOCUMENTS no id is known', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  expect(await clientOf(server).post({ documentId: idOf(limits) })).toEqual(refused('PERSISTED_DOCUMENT_NOT_FOUND'));
});

describe('a start is refused', () => {
  const refusalOf = async (content: unknown, variables: Record<string, string> = {}): Promise<string> => {
    const path = typeof content === 'string' && content.startsWith('/') ? content : await fileOf(content);
    const DATA_DIR = join(await useTempFolder(), 'data');
    const config = parseConfig({ PORT: '0', LOG_LEVEL: 'silent', DATA_DIR, TRUSTED_DOCUMENTS: path, ...variables });
    const error = await createApp(config).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(StartRefusedError);
    expect(String(error)).toContain(`TRUSTED_DOCUMENTS=${path}`);
    return String(error);
  };

  test('with every document that cannot run, and why', async () => {
    const refusal = await refusalOf({
      [idOf(limits)]: limits,
      syntax: '{ limits {',
      field: '{ nothing }',
      [`sha256:${'0'.repeat(64)}`]: limits,
      number: 7,
      'a b': limits,
      aliases: `{ ${Array.from({ length: 31 }, (_, index) => `a${index}: __typename`).join(' ')} }`,
      tokens: `{ ${'__typename '.repeat(2_001)} }`,
    });
    expect(refusal).toContain('7 of 8 documents');
    for (const id of ['syntax', 'field', 'sha256:000', 'number', 'a b', 'aliases', 'tokens'])
      expect(refusal).toContain(id);
    expect(refusal).toContain('Cannot query field "nothing"');
    expect(refusal).toContain('not the SHA-256');
    expect(refusal).toContain('30 aliases');
  });

  test('by a document of the introspection if that is off', async () => {
    const content = { schema: '{ __schema { queryType { name } } }' };
    expect(await refusalOf(content, { INTROSPECTION: 'off' })).toContain('introspection');
  });

  test.each([
    ['no file', '/nowhere/documents.json', 'ENOENT'],
    ['no JSON', '{"a":', 'Must be a JSON file'],
    ['a list', [limits], 'Must be a JSON object'],
    ['null', 'null', 'Must be a JSON object'],
    ['too many documents', Object.fromEntries(Array.from({ length: 2_001 }, (_, index) => [index, limits])), '2000'],
    ['too many bytes', { a: 'x'.repeat(defaultLimits.trustedDocumentsBytes) }, '4194304'],
  ])('for %s', async (_what, content, wording) => {
    expect(await refusalOf(content)).toContain(wording);
  });

  test('for a mode without a file, and for an unknown mode', () => {
    expect(() => parseConfig({ TRUSTED_DOCUMENTS_MODE: 'only' })).toThrow('Needs TRUSTED_DOCUMENTS');
    expect(() => parseConfig({ TRUSTED_DOCUMENTS: 'a.json', TRUSTED_DOCUMENTS_MODE: 'maybe' })).toThrow('only or also');
  });
});
