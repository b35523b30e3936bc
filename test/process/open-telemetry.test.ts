import { once } from 'node:events';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { gifFile, gifFrame } from '../fixtures/gif-file.js';
import { photoJpeg } from '../support/sample-images.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';

// a start takes seconds on a busy machine
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = resolve(import.meta.dirname, '../..');

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

/** What a collector receives by OTLP. */
const startCollector = async () => {
  const spans: Span[] = [];
  const server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, spans, close: () => server.close().closeAllConnections() };
};

/** The example of docs/operations.md, in a folder that has its packages. */
const writeExample = async (folder: string): Promise<string> => {
  const page = await readFile(join(root, 'docs/operations.md'), 'utf8');
  const [, example] = /^```js file=otel\.mjs\n([\s\S]*?)^```$/m.exec(page) ?? [];
  if (!example) throw new Error('docs/operations.md has no otel.mjs.');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const countThreads = `
    import { readdirSync, writeFileSync } from 'node:fs';
    process.once('exit', () => writeFileSync(\`${folder}/threads-\${process.pid}\`, String(readdirSync('/proc/self/task').length)));`;
  await writeFile(join(folder, 'otel.mjs'), example + (process.platform === 'linux' ? countThreads : ''));
  return join(folder, 'otel.mjs');
};

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let collector: Awaited<ReturnType<typeof startCollector>>;
let server: ServerProcess;
let image: { id: string; publicId: string; link: string };
const uploadTrace = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const renders = 20;
const altText = 'A red bicycle in a green yard';

beforeAll(async () => {
  [folder, collector] = await Promise.all([makeTempFolder(), startCollector()]);
  server = await startServerProcess(
    {
      DATA_DIR: join(folder.path, 'data'),
      LOG_LEVEL: 'info',
      RENDER_CONCURRENCY: String(renders),
      NODE_OPTIONS: `--import ${await writeExample(folder.path)}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
    { programPath: join(root, 'dist/launch.cjs'), isShared: true },
  );
  image = await uploadWith(`00-${uploadTrace}-${parentId}-01`);
});
afterAll(async () => {
  server.signal('SIGTERM');
  await server.ended;
  collector.close();
  await folder.remove();
});

const uploadWith = async (traceparent: string) => {
  const form = new FormData();
  const query = `mutation Send($input: UploadImageInput!) {
    uploadImage(input: $input) { ... on UploadImagePayload { image { id publicId link } } ... on Error { message } }
  }`;
  const variables = { input: { accountId, file: null, metadata: { altText } } };
  form.set('operations', JSON.stringify({ query, variables }));
  form.set('map', '{"0":["variables.input.file"]}');
  form.set('0', new Blob([new Uint8Array(await photoJpeg({ width: 300, height: 200 }))]));
  const headers = { 'apollo-require-preflight': '1', traceparent };
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: form });
  const { data } = (await response.json()) as { data: { uploadImage: { image: typeof image } } };
  return data.uploadImage.image;
};

let traces = 0;
const newTrace = (): string => `${'0'.repeat(31)}${(++traces).toString(16)}`.slice(-32);
const askWith = async (url: string, headers: Record<string, string>, request: RequestInit = {}) => {
  const response = await fetch(url, { ...request, headers: { ...(request.headers as object), ...headers } });
  await response.arrayBuffer();
  return response.status;
};

/** The spans of a trace, once its request is among them: that ends last. */
const spansOf = async (traceId: string): Promise<Span[]> => {
  const own = () => collector.spans.filter((span) => span.traceId === traceId);
  await expect.poll(() => own().some(({ kind }) => kind === 2), { timeout: 10_000 }).toBe(true);
  return own();
};

const requestIn = (spans: readonly Span[]): Span => {
  const found = spans.find(({ kind }) => kind === 2);
  if (!found) throw new Error('No span of a request.');
  return found;
};

const valuesOf = ({ attributes }: Span): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, 'intValue' in value ? Number(value['intValue']) : value['stringValue']]),
  );

const childrenOf = (parent: Span, spans: readonly Span[]): string[] =>
  spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId).map(({ name }) => name);

test('an upload is a tree: the request below its parent, the mutation, and the queue, inspection, store and state below that', async () => {
  const spans = await spansOf(uploadTrace);
  const request = requestIn(spans);
  expect(request).toMatchObject({ name: 'POST /graphql', parentSpanId: parentId });
  expect(valuesOf(request)).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/graphql',
    'url.path': '/graphql',
    'url.scheme': 'http',
    'http.response.status_code': 200,
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(server.url).port),
  });
  expect(childrenOf(request, spans)).toContain('mutation');
  const mutation = spans.find(({ name }) => name === 'mutation');
  if (!mutation) throw new Error('No mutation.');
  expect(valuesOf(mutation)).toEqual({ 'graphql.operation.type': 'mutation', 'graphql.operation.name': 'Send' });
  const work = childrenOf(mutation, spans);
  for (const name of ['queue', 'inspect', 'store.put', 'state.write']) expect(work).toContain(name);
  const write = spans.find(({ name }) => name === 'state.write');
  expect(write && valuesOf(write)).toEqual({ 'db.system.name': 'sqlite', 'db.operation.name': 'write' });
  for (const span of spans) {
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(request.startTimeUnixNano) - 2_000_000n);
  }
});

test('a render is a tree: the request, the state, the store, the queue and the pipeline; from memory it is the request alone', async () => {
  const url = `${image.link}?size=120x80&format=webp`;
  const names: string[][] = [];
  for (let time = 0; time < 3; time += 1) {
    const trace = newTrace();
    expect(await askWith(url, { traceparent: `00-${trace}-${parentId}-01` })).toBe(200);
    const spans = await spansOf(trace);
    const request = requestIn(spans);
    expect(request).toMatchObject({ name: 'GET /images/:publicId', parentSpanId: parentId });
    expect(valuesOf(request)).toMatchObject({
      'url.path': '/images/:publicId',
      'http.response.status_code': 200,
    });
    const render = spans.find(({ name }) => name === 'render');
    if (render) {
      expect(valuesOf(render)).toEqual({
        'image_facade.format': 'webp',
        'image_facade.width': 120,
        'image_facade.height': 80,
      });
    }
    names.push(childrenOf(request, spans));
  }
  expect(names[0]).toEqual(expect.arrayContaining(['state.publicImages.find', 'store.locate', 'queue', 'render']));
  expect(names[2]).toEqual([]);
});

test('a query that came often, and runs past the framework, has the same spans', async () => {
  const body = JSON.stringify({ query: 'query Often { limits { pageMax } }' });
  const request = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
  let trace = '';
  for (let time = 0; time < 55; time += 1) {
    trace = newTrace();
    expect(await askWith(`${server.url}/graphql`, { traceparent: `00-${trace}-${parentId}-01` }, request)).toBe(200);
  }
  const spans = await spansOf(trace);
  expect(requestIn(spans).name).toBe('POST /graphql');
  expect(childrenOf(requestIn(spans), spans)).toEqual(['query']);
});

test('an operation that fails is marked, without what it failed for', async () => {
  const trace = newTrace();
  const query = '{ images(accountId: "3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb", after: "secret-cursor") { totalCount } }';
  const headers = { 'content-type': 'application/json', traceparent: `00-${trace}-${parentId}-01` };
  await askWith(`${server.url}/graphql`, headers, { method: 'POST', body: JSON.stringify({ query }) });
  const failed = (await spansOf(trace)).find(({ name }) => name === 'query');
  expect(failed?.status.code).toBe(2);
  expect(failed && valuesOf(failed)['error.type']).toBe('graphql');
});

test.each([
  ['no version', `${'a'.repeat(32)}-${parentId}-01`],
  ['another version of another form', `ff-${'a'.repeat(32)}-${parentId}-01`],
  ['zeros', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`],
  ['capitals and more', `00-${'Z'.repeat(32)}-${parentId}-01`],
  ['kilobytes', `00-${'a'.repeat(10_000)}-${parentId}-01`],
])('a malformed traceparent is ignored: %s', async (_what, traceparent) => {
  const seen = collector.spans.length;
  expect(await askWith(`${server.url}/health/live`, { traceparent })).toBe(200);
  await expect.poll(() => collector.spans.length, { timeout: 10_000 }).toBeGreaterThan(seen);
  const span = requestIn(collector.spans.slice(seen));
  expect(span.name).toBe('GET /health/live');
  expect(span.parentSpanId ?? '').toBe('');
});

test('a tracestate of 10 kB, and a Host header that is no address, do no harm', async () => {
  const trace = newTrace();
  const traceparent = `00-${trace}-${parentId}-01`;
  const tracestate = Array.from({ length: 700 }, (_, index) => `key${index}=value${index}`).join(',');
  expect(await askWith(`${server.url}/health/live`, { traceparent, tracestate })).toBe(200);
  expect(JSON.stringify(await spansOf(trace)).length).toBeLessThan(3_000);
});

test('what the parent does not record is not recorded, and what nobody asked for has no span', async () => {
  const trace = newTrace();
  expect(await askWith(image.link, { traceparent: `00-${trace}-${parentId}-00` })).toBe(200);
  const next = newTrace();
  await askWith(image.link, { traceparent: `00-${next}-${parentId}-01` });
  await spansOf(next);
  expect(collector.spans.filter(({ traceId }) => traceId === trace)).toEqual([]);
  const requests = new Set(collector.spans.filter(({ kind }) => kind === 2).map(({ traceId }) => traceId));
  expect(collector.spans.filter(({ traceId }) => !requests.has(traceId))).toEqual([]);
});

test('no span has a secret, an id, a text or a part of a query', async () => {
  const trace = newTrace();
  const traceparent = `00-${trace}-${parentId}-01`;
  await askWith(`${image.link}?size=10x10&sig=signature-of-a-url`, {
    traceparent,
    authorization: 'Bearer id.secret-of-a-key',
    cookie: 'secret-of-a-cookie',
  });
  await spansOf(trace);
  const text = JSON.stringify(collector.spans);
  const secrets = [image.publicId, image.id, accountId, altText, 'signature-of', 'secret-', 'limits {', 'size='];
  for (const secret of secrets) expect(text).not.toContain(secret);
});

test('what a file is inspected for is the same with an SDK: a GIF is refused by the API that does not accept it', async () => {
  const size = { width: 1, height: 1 };
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(gifFile(size, gifFrame(size)))]), 'photo.gif');
  const url = `${server.url}/accounts/${accountId}/images`;
  expect(await askWith(url, {}, { method: 'POST', body: form })).toBe(422);
});

test('each line of the log about a request has its trace', async () => {
  const trace = newTrace();
  await askWith(image.link, { traceparent: `00-${trace}-${parentId}-01` });
  const linesOf = () =>
    server
      .printed()
      .split('\n')
      .filter((line) => line.includes(`"trace_id":"${trace}"`));
  await expect.poll(linesOf, { timeout: 10_000 }).toHaveLength(1);
  expect(JSON.parse(linesOf()[0] ?? '')).toMatchObject({ msg: 'request', route: '/images/:publicId' });
});

test('a stop exports what is left', async () => {
  const trace = newTrace();
  await askWith(image.link, { traceparent: `00-${trace}-${parentId}-01` });
  server.signal('SIGTERM');
  expect((await server.ended).code).toBe(0);
  expect(collector.spans.some(({ traceId }) => traceId === trace)).toBe(true);
});

// elsewhere the operator sets the number
test.runIf(process.platform === 'linux')('a module that is imported first leaves the server its threads', async () => {
  const files = (await readdir(folder.path)).filter((name) => name.startsWith('threads-'));
  const counts = await Promise.all(files.map(async (name) => Number(await readFile(join(folder.path, name), 'utf8'))));
  expect(Math.max(...counts)).toBeGreaterThan(renders + 8);
});
