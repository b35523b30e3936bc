import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/domain/identity/api-key.js';
import { scopes } from '../../src/domain/identity/scope.js';
import { bearer, makeKey } from '../support/keys.js';
import { createMetalImage } from '../support/metal-operations.js';
import { alphaPng, animatedWebp, decode, newPhoto, photoJpeg } from '../support/sample-images.js';
import { runSql } from '../support/server-stores.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

const stranger = '00000000-0000-4000-8000-000000000001';
const unknownId = '00000000-0000-4000-8000-000000000002';

let server: TestServer;
let files: Server;
let fileUrl: (name: string) => string;
const keys: Record<'all' | 'editor' | 'reader' | 'stranger' | 'metal', Credentials> = {} as never;

beforeAll(async () => {
  const photo = await photoJpeg({ width: 60, height: 44 });
  files = createServer((request, response) => {
    if (request.url === '/a.jpg') response.end(photo);
    else if (request.url === '/text.jpg') response.end('no image');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  const { port } = files.address() as AddressInfo;
  fileUrl = (name) => `http://127.0.0.1:${port}/${name}`;
  server = await startTestServer(
    { MCP: 'on', AUTH: 'keys', UPLOAD_HTTP_HOSTS: '127.0.0.1' },
    { isAllowedAddress: () => true },
  );
  const grants = {
    all: { account: null, scopes },
    editor: { account: accountId, scopes: ['images.read', 'images.write'] },
    reader: { account: accountId, scopes: ['images.read'] },
    stranger: { account: stranger, scopes: ['admin'] },
    metal: { account: null, scopes: ['metal.view'] },
  } as const;
  for (const [name, grant] of Object.entries(grants)) {
    keys[name as keyof typeof grants] = await makeKey(server, grant);
  }
});

afterAll(async () => {
  await server.close();
  await new Promise((resolve) => files.close(resolve));
});

const clients: Client[] = [];
afterAll(async () => {
  for (const client of clients) await client.close();
});

/** The official client, of either era of the protocol, as a key. */
const connect = async (key: Credentials, mode: 'legacy' | { pin: string } = 'legacy'): Promise<Client> => {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const requestInit = { headers: bearer(key) };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit }));
  clients.push(client);
  return client;
};

const call = async (client: Client, name: string, given: Record<string, unknown>) => {
  const result = await client.callTool({ name, arguments: given });
  const { content, structuredContent, isError = false } = result;
  const [first] = content;
  const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what a result has
  return { isError, text, first, facts: structuredContent as any };
};

const upload = async (key: Credentials, bytes: Uint8Array, account = accountId, altText?: string) => {
  const metadata = altText === undefined ? null : { altText };
  const { data } = await server.upload(
    `mutation($account: UUID, $file: File!, $metadata: ImageMetadataInput) {
      uploadImage(input: { accountId: $account, file: $file, metadata: $metadata }) {
        ... on UploadImagePayload { image { imageId url } } ... on Error { message } } }`,
    { account, file: null, metadata },
    { file: bytes },
    bearer(key),
  );
  return data.uploadImage.image.imageId as string;
};

describe.each(['legacy', { pin: '2026-07-28' }] as const)('the official client, %j', (mode) => {
  test('describes images that have no alternative text, which come first', async () => {
    const account = mode === 'legacy' ? stranger : accountId;
    const client = await connect(keys.all, mode);
    const described = await upload(keys.all, await newPhoto(), account, 'A harbour at night');
    const older = await upload(keys.all, await newPhoto(), account);
    const newer = await upload(keys.all, await newPhoto(), account);
    const page = await call(client, 'find_images', { accountId: account, first: 1 });
    expect(page.facts.images.map(({ id }: { id: string }) => id)).toEqual([newer]);
    expect(JSON.parse(page.text)).toEqual(page.facts);

    const looked = await call(client, 'look_at_image', { id: newer });
    expect(looked.first).toMatchObject({ type: 'image', mimeType: 'image/jpeg' });
    expect(looked.facts).toMatchObject({ id: newer, altText: null, accountId: account, disabled: false });

    const texts = await call(client, 'set_alt_text', { id: newer, altText: 'Zürich, a bridge' });
    expect(texts.facts).toMatchObject({ id: newer, altText: 'Zürich, a bridge' });
    const point = await call(client, 'set_focal_point', { id: newer, focalPoint: { x: 0.25, y: 1 } });
    expect(point.facts).toMatchObject({ altText: 'Zürich, a bridge', focalPoint: { x: 0.25, y: 1 } });
    const { facts: cleared } = await call(client, 'set_focal_point', { id: newer, focalPoint: null });
    expect(cleared.focalPoint).toBeNull();

    const seen: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const { facts } = await call(client, 'find_images', { accountId: account, first: 1, ...(after && { after }) });
      seen.push(...facts.images.map(({ id }: { id: string }) => id));
      after = facts.nextCursor ?? undefined;
      more = after !== undefined;
    }
    expect(seen).toEqual([older, newer, described]);

    const { facts: missing } = await call(client, 'find_images', { accountId: account, missingAltText: true });
    expect(missing.images).toHaveLength(1);
    const { facts: found } = await call(client, 'find_images', { accountId: account, text: 'ZÜRICH' });
    expect(found.images.map(({ id }: { id: string }) => id)).toEqual([newer]);
  });

  test('lists the tools that its key may use, each with what a client needs to judge it', async () => {
    const names = async (key: Credentials) =>
      (await (await connect(key, mode)).listTools()).tools.map(({ name }) => name);
    expect(await names(keys.reader)).toEqual(['find_images', 'look_at_image']);
    expect(await names(keys.metal)).toEqual(['latest_metal_image']);
    const { tools } = await (await connect(keys.all, mode)).listTools();
    expect(
      tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint, annotations?.destructiveHint]),
    ).toEqual([
      ['find_images', true, undefined],
      ['look_at_image', true, undefined],
      ['set_alt_text', false, true],
      ['set_focal_point', false, true],
      ['upload_image_from_url', false, false],
      ['latest_metal_image', true, undefined],
    ]);
    for (const { title, description, inputSchema, outputSchema } of tools) {
      expect(title && description).toBeTruthy();
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(outputSchema).toMatchObject({ type: 'object' });
    }
  });
});

test('an image is shown as one small JPEG: animations by their first frame, and without transparency', async () => {
  const client = await connect(keys.editor);
  for (const bytes of [
    await alphaPng({ width: 900, height: 300 }),
    await animatedWebp({ width: 700, height: 700 }),
    await photoJpeg({ width: 40, height: 900 }),
  ]) {
    const { first } = await call(client, 'look_at_image', { id: await upload(keys.editor, bytes) });
    const shown = await decode(Buffer.from((first as { data: string }).data, 'base64'));
    expect(Math.max(shown.width, shown.height)).toBe(512);
  }
});

test('a page of images costs as many SELECTs as one image', async () => {
  for (let index = 0; index < 6; index += 1) await upload(keys.editor, await newPhoto());
  const client = await connect(keys.editor);
  const selectsOf = async (first: number): Promise<number> => {
    await call(client, 'find_images', { first });
    const start = server.sql.length;
    const { facts } = await call(client, 'find_images', { first });
    expect(facts.images).toHaveLength(first);
    return server.sql.slice(start).filter((sql) => /^\s*SELECT/i.test(sql)).length;
  };
  expect(await selectsOf(5)).toBeLessThanOrEqual(await selectsOf(1));
});

test('uploads a file that the server fetches, and says why it does not', async () => {
  const client = await connect(keys.editor);
  const given = { url: fileUrl('a.jpg'), altText: 'A fetched photo', focalPoint: { x: 0.5, y: 0.25 } };
  const { facts } = await call(client, 'upload_image_from_url', given);
  expect(facts).toMatchObject({ accountId, altText: 'A fetched photo', fileName: 'a.jpg', width: 60, height: 44 });
  const failures = {
    'a.jpg': /^DUPLICATE_IMAGE: .*already has/,
    'text.jpg': /^UNSUPPORTED_IMAGE: /,
    'none.jpg': /^FETCH_FAILED: /,
  };
  for (const [name, message] of Object.entries(failures)) {
    const { isError, text } = await call(client, 'upload_image_from_url', { url: fileUrl(name) });
    expect([isError, text]).toEqual([true, expect.stringMatching(message)]);
  }
  for (const url of ['no url', 'file:///etc/passwd', 'https://[::1', 'http://example.com/a.jpg']) {
    expect((await call(client, 'upload_image_from_url', { url })).isError).toBe(true);
  }
});

test('finds the newest metal image that an id matches', async () => {
  const { query } = server;
  const admin = {
    ...server,
    query: ((document, variables) => query(document, variables, bearer(keys.all))) as typeof query,
  };
  for (const id of ['ubuntu-24.4.20260101', 'ubuntu-24.4.20260301']) await createMetalImage(admin, id);
  const client = await connect(keys.metal);
  const { facts } = await call(client, 'latest_metal_image', { id: 'ubuntu-24.04' });
  expect(facts).toMatchObject({ id: 'ubuntu-24.4.20260301', os: 'ubuntu', version: '24.4.20260301' });
  expect((await call(client, 'latest_metal_image', { id: 'ubuntu-26.04' })).text).toMatch(/^NOT_FOUND: /);
  expect((await call(client, 'latest_metal_image', { id: 'ubuntu' })).text).toMatch(/^INVALID_INPUT: /);
});

describe('what a key may not do', () => {
  test.each([
    ['reader', 'set_alt_text', { altText: 'x' }],
    ['reader', 'set_focal_point', { focalPoint: null }],
    ['metal', 'look_at_image', {}],
  ] as const)('the key %s is refused %s in words, whether or not the image exists', async (key, tool, given) => {
    const client = await connect(keys[key]);
    for (const id of [unknownId, await upload(keys.editor, await newPhoto())]) {
      const { isError, text } = await call(client, tool, { id, ...given });
      expect([isError, text]).toEqual([
        true,
        expect.stringMatching(/^FORBIDDEN: This needs a key with the scope images\./),
      ]);
    }
  });

  test.each(['find_images', 'look_at_image', 'set_alt_text', 'set_focal_point', 'upload_image_from_url'])(
    '%s refuses a key without the scope before it looks at the input',
    async (tool) => {
      const client = await connect(keys.metal);
      for (const given of [{}, { id: 7, url: [], first: -1, accountId: 'x' }, { unknown: 'x'.repeat(50_000) }]) {
        const { isError, text } = await call(client, tool, given);
        expect([isError, text]).toEqual([true, expect.stringMatching(/^FORBIDDEN: This needs a key with the scope/)]);
      }
    },
  );

  test.each([
    ['look_at_image', {}],
    ['set_alt_text', { altText: 'x' }],
    ['set_focal_point', { focalPoint: { x: 0, y: 0 } }],
  ])("%s finds no image of another account's, as if there were none", async (tool, given) => {
    const client = await connect(keys.stranger);
    const id = await upload(keys.editor, await newPhoto());
    const others = await call(client, tool, { id, ...given });
    const none = await call(client, tool, { id: unknownId, ...given });
    expect(others.isError).toBe(true);
    expect(others.text.replace(id, unknownId)).toBe(none.text);
    expect(none.text).toMatch(/^NOT_FOUND: /);
  });

  test('another account is neither listed nor added to', async () => {
    const client = await connect(keys.stranger);
    for (const [tool, given] of [
      ['find_images', {}],
      ['find_images', { after: 'x', first: 1_000 }],
      ['upload_image_from_url', { url: fileUrl('a.jpg') }],
      ['upload_image_from_url', { url: 'no url' }],
    ] as const) {
      expect((await call(client, tool, { accountId, ...given })).text).toMatch(/^FORBIDDEN: /);
    }
  });
});

test.each([
  ['find_images', { first: 0 }],
  ['find_images', { first: 201 }],
  ['find_images', { first: 1e300 }],
  ['find_images', { accountId: 'x' }],
  ['find_images', { after: 'x' }],
  ['find_images', { after: Buffer.from('["missing",9e99,"x"]').toString('base64url') }],
  ['find_images', { after: Buffer.from('["described",1,"x"]').toString('base64url') }],
  ['find_images', { text: 'a\0b' }],
  ['find_images', { text: 'x'.repeat(1_001) }],
  ['find_images', { unknown: 1 }],
  ['look_at_image', { id: '../../etc/passwd' }],
  ['look_at_image', {}],
  ['set_alt_text', { id: unknownId, altText: 'x'.repeat(1_001) }],
  ['set_alt_text', { id: unknownId, altText: 'a\0b' }],
  ['set_focal_point', { id: unknownId, focalPoint: { x: 2, y: 0 } }],
  ['set_focal_point', { id: unknownId, focalPoint: { x: 'left', y: 0 } }],
])('%s refuses %j in words', async (tool, given) => {
  const { isError, text } = await call(await connect(keys.editor), tool, given);
  expect([isError, text]).toEqual([true, expect.stringMatching(/INVALID_INPUT|[Ii]nvalid|Input validation/)]);
  expect(text).not.toContain('The server failed');
});

test('an account is needed if the key is for all of them', async () => {
  expect((await call(await connect(keys.all), 'find_images', {})).text).toMatch(
    /^INVALID_INPUT: accountId: Is required/,
  );
});

test('a failure of the server is masked', async () => {
  const client = await connect(keys.editor);
  const id = await upload(keys.editor, await newPhoto());
  await runSql(server.config, `ALTER TABLE "ImageMetadata" RENAME TO "Hidden"`);
  try {
    const { isError, text } = await call(client, 'look_at_image', { id });
    expect([isError, text]).toEqual([true, expect.stringMatching(/^The server failed/)]);
  } finally {
    await runSql(server.config, `ALTER TABLE "Hidden" RENAME TO "ImageMetadata"`);
  }
});

test('a server that fetches no files does not offer it', async () => {
  const closed = await startTestServer({ MCP: 'on', UPLOAD_FROM_URL: 'off' });
  try {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${closed.url}/mcp`)));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).not.toContain('upload_image_from_url');
    await expect(
      client.callTool({ name: 'upload_image_from_url', arguments: { url: 'https://a.example' } }),
    ).rejects.toThrow(/not found/);
    await client.close();
  } finally {
    await closed.close();
  }
});
