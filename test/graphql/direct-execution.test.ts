import { writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Overrides } from '../../src/app/overrides.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/sample-images.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

/**
 * A plain request runs without Yoga's own requests and responses, and a query that came often without Fastify too. Two servers, one of
 * which sends everything through Yoga, receive the same requests: no client can find out which is which, and neither can who reads the
 * log or the metrics.
 */
class Subject {
  readonly lines: Record<string, unknown>[] = [];
  /** Requests that came through Fastify. */
  routed = 0;

  private constructor(readonly server: TestServer) {}

  static async start(environment: Record<string, string>, overrides: Overrides): Promise<Subject> {
    const lines: Record<string, unknown>[] = [];
    let subject: Subject | undefined;
    const onRoute = (route: RouteOptions) => {
      if (route.url !== '/graphql') return;
      route.preHandler = async () => {
        if (subject) subject.routed += 1;
      };
    };
    const server = await startTestServer(
      { LOG_LEVEL: 'info', ...environment },
      { ...overrides, onRoute, logStream: { write: (line) => lines.push(JSON.parse(line)) } },
    );
    await uploadImage(server, await photoJpeg({ width: 60, height: 40 }));
    subject = Object.assign(new Subject(server), { lines });
    return subject;
  }

  /** The response without what differs between any two responses. */
  async ask({ method = 'POST', headers, body, query = '' }: Sent): Promise<object> {
    const response = await this.#send(method, `${this.server.url}/graphql${query}`, headers, body);
    const { date: _date, 'x-request-id': _id, 'access-control-allow-origin': origin, ...rest } = response.headers;
    return { status: response.status, headers: { ...rest, origin }, body: response.body.toString('latin1') };
  }

  /** The log of the requests and failures since the last look, without times and ids. */
  async takeLines(): Promise<object[]> {
    await expect.poll(() => this.lines.filter(({ msg }) => msg === 'request').length).toBeGreaterThan(0);
    return this.lines.splice(0).map(({ time: _time, ms: _ms, reqId: _id, pid: _pid, err, ...line }) => ({
      ...line,
      ...(err ? { err: (err as Error).message } : {}),
    }));
  }

  async operations(): Promise<string[]> {
    const metrics = await (await fetch(`${this.server.url}/metrics`)).text();
    return metrics.split('\n').filter((line) => line.startsWith('image_facade_graphql_operations'));
  }

  #send(method: string, url: string, headers: Sent['headers'], body: Sent['body']) {
    return new Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: Buffer }>(
      (resolve, reject) => {
        const sent = request(url, { method, headers, agent: false }, async (response) => {
          resolve({ status: response.statusCode, headers: response.headers, body: await buffer(response) });
        });
        sent.once('error', reject).end(body);
      },
    );
  }
}

interface Sent {
  readonly method?: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
  readonly query?: string;
}

const json = { 'content-type': 'application/json' };
const sent = (params: unknown, headers: Record<string, string> = {}): Sent => ({
  headers: { ...json, ...headers },
  body: JSON.stringify(params),
});
const page = `query($accountId: UUID!) {
  images(accountId: $accountId, first: 20) { totalCount nodes { width height mimeType metadata { altText } variant { width format } } }
}`;
const deletion = 'mutation($id: ID!) { deleteImage(input: { id: $id }) { __typename ... on Error { code message } } }';
const unlimited = `{ ${Array.from({ length: 40 }, (_, index) => `a${index}: limits { fileBytes }`).join(' ')} }`;

const params: [string, unknown][] = [
  ['a query', { query: '{ limits { fileBytes pageMax } }' }],
  ['a page', { query: page, variables: { accountId } }],
  ['a page for a malformed account', { query: page, variables: { accountId: 'nobody' } }],
  ['a variable that is missing', { query: page }],
  ['a variable of another type', { query: page, variables: { accountId: { a: [1] } } }],
  ['a chosen operation', { query: 'query A { __typename } query B { limits { pageMax } }', operationName: 'B' }],
  ['no chosen operation of two', { query: 'query A { __typename } query B { limits { pageMax } }' }],
  ['an unknown operation', { query: 'query A { __typename }', operationName: 'C' }],
  ['an operation name that is no text', { query: 'query A { __typename }', operationName: 7 }],
  ['a syntax error', { query: '{ limits {' }],
  ['an unknown field', { query: '{ limits { nothing } }' }],
  ['a document with too many aliases', { query: unlimited }],
  ['an image that does not exist', { query: '{ node(id: "SW1hZ2U6MQ==") { id } }' }],
  ['a malformed id', { query: '{ node(id: "?") { id } }' }],
  ['a mutation of an image that does not exist', { query: deletion, variables: { id: 'SW1hZ2U6MQ==' } }],
  ['a mutation with a malformed id', { query: deletion, variables: { id: '?' } }],
  ['introspection', { query: '{ __schema { queryType { name } types { name description } } }' }],
  ['a subscription', { query: `subscription { imageChanged(accountId: "${accountId}") { kind } }` }],
  ['a query with a word in it', { query: '{ limits { pageMax } } # no subscription' }],
  ['a persisted query that is unknown', { extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } }],
  ['extensions', { query: '{ __typename }', extensions: { tracing: true } }],
  ['null everywhere', { query: '{ __typename }', variables: null, operationName: null, extensions: null }],
  ['variables that are a list', { query: '{ __typename }', variables: [] }],
  ['variables that are text', { query: '{ __typename }', variables: '{}' }],
  ['an unknown parameter', { query: '{ __typename }', id: 1 }],
  ['an unknown parameter that is null', { query: '{ __typename }', id: null }],
  ['no query', { variables: {} }],
  ['a query that is null', { query: null }],
  ['a query that is a number', { query: 1 }],
  ['an empty query', { query: '' }],
  ['a batch', [{ query: '{ __typename }' }]],
  ['text', '{ __typename }'],
  ['null', null],
];

const accepts = [
  undefined,
  '',
  '*/*',
  'application/json',
  'application/graphql-response+json',
  'application/graphql-response+json,application/json;q=0.9',
  'application/json;q=0.2, application/graphql-response+json;q=0.8',
  'application/graphql-response+json, application/graphql+json, application/json',
  'application/graphql-response+json; charset=utf-8, application/json; charset=utf-8',
  'APPLICATION/JSON',
  'application/*',
  'text/html, */*;q=0.1',
  'application/json;charset=iso-8859-1',
  'image/png',
];

const trustedDocuments = {
  page,
  deletion,
  two: 'query A { __typename } query B { limits { pageMax } }',
  changes: `subscription { imageChanged(accountId: "${accountId}") { kind } }`,
};

/** With ids in the place of documents. */
const trusted: [string, unknown][] = [
  ['a trusted page', { documentId: 'page', variables: { accountId } }],
  ['a trusted page for a malformed account', { documentId: 'page', variables: { accountId: 'nobody' } }],
  ['a trusted document of two operations', { documentId: 'two', operationName: 'B' }],
  ['no chosen operation of a trusted document', { documentId: 'two' }],
  ['a trusted mutation', { documentId: 'deletion', variables: { id: 'SW1hZ2U6MQ==' } }],
  ['a trusted subscription', { documentId: 'changes' }],
  ['a trusted document with its text', { documentId: 'page', query: page, variables: { accountId } }],
  ['a trusted document with another text', { documentId: 'page', query: '{ __typename }' }],
  ['a trusted document with extensions', { documentId: 'two', operationName: 'A', extensions: { tracing: true } }],
  ['an unknown id', { documentId: 'nothing' }],
  ['an id of the prototype', { documentId: '__proto__' }],
  ['an id that is no text', { documentId: ['page'] }],
  ['an id that is null', { documentId: null, query: '{ __typename }' }],
];

// an open subscription would not end
const isEndless = (what: string, accept: string | undefined) =>
  what === 'a subscription' && accept !== 'application/json' && accept !== 'image/png';

const requests: [string, Sent][] = [
  ...params.flatMap(([what, body]) =>
    accepts
      .filter((accept) => !isEndless(what, accept))
      .map((accept): [string, Sent] => [
        `${what}, Accept ${accept ?? 'absent'}`,
        sent(body, accept === undefined ? {} : { accept }),
      ]),
  ),
  ...trusted.flatMap(([what, body]) =>
    ['application/json', 'application/graphql-response+json']
      .filter((accept) => !isEndless(what.replace('trusted ', ''), accept))
      .map((accept): [string, Sent] => [`${what}, Accept ${accept}`, sent(body, { accept })]),
  ),
  ['JSON with a charset', sent(params[0]?.[1], { 'content-type': 'application/json; charset=utf-8' })],
  ['JSON in capitals', sent(params[0]?.[1], { 'content-type': 'Application/JSON' })],
  ['another type of JSON', sent(params[0]?.[1], { 'content-type': 'application/graphql+json' })],
  ['no type', { headers: { 'x-graphql-yoga-csrf': '1' }, body: '{"query":"{ __typename }"}' }],
  ['text that a form could send', sent(params[0]?.[1], { 'content-type': 'text/plain' })],
  ['no JSON', { headers: json, body: '{"query":' }],
  ['an empty body', { headers: json, body: '' }],
  ['a byte order mark', { headers: json, body: '\uFEFF{"query":"{ __typename }"}' }],
  ['no UTF-8', { headers: json, body: Buffer.from('7b22717565727922ff', 'hex') }],
  ['a prototype', { headers: json, body: '{"query":"{ __typename }","__proto__":{"a":1}}' }],
  [
    'a compressed body',
    { headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync('{"query":"{ __typename }"}') },
  ],
  ['a body that is too large', sent({ query: `{ __typename } #${'x'.repeat(2_000_000)}` })],
  ['a compressed response', sent(params[16]?.[1], { 'accept-encoding': 'gzip' })],
  ['another origin that may', sent(params[0]?.[1], { origin: 'https://app.example' })],
  ['another origin that may not', sent(params[0]?.[1], { origin: 'https://evil.example' })],
  ['another host', sent(params[0]?.[1], { host: 'evil.example' })],
  ['parameters in the URL too', { ...sent(params[0]?.[1]), query: '?query={__typename}&variables=x' }],
  ['a GET', { method: 'GET', headers: {}, body: '', query: '?query={__typename}' }],
  ['OPTIONS', { method: 'OPTIONS', headers: json, body: '' }],
];

describe.each([
  // what a response says to pages of other origins is Fastify's to say
  ['past Yoga', { CORS_ORIGINS: 'https://app.example' }, 1_000],
  ['past Fastify', {}, 1],
] as const)('%s', (way, environment, compileAfter) => {
  let direct: Subject;
  let yoga: Subject;
  let folder: Awaited<ReturnType<typeof makeTempFolder>>;
  beforeAll(async () => {
    folder = await makeTempFolder();
    const path = join(folder.path, 'documents.json');
    await writeFile(path, JSON.stringify(trustedDocuments));
    const given = { ...environment, TRUSTED_DOCUMENTS: path, TRUSTED_DOCUMENTS_MODE: 'also' };
    direct = await Subject.start(given, { directGraphql: true, compileAfter });
    yoga = await Subject.start(given, { directGraphql: false, compileAfter: 1_000 });
  });
  afterAll(async () => {
    await folder.remove();
    await direct.server.close();
    await yoga.server.close();
  });
  beforeEach(() => {
    direct.lines.length = 0;
    yoga.lines.length = 0;
  });

  test.each(requests)('%s: the response and the log are the same', async (_what, request) => {
    // the second time it may have come often enough
    for (let time = 0; time < 2; time += 1) {
      expect(await direct.ask(request)).toEqual(await yoga.ask(request));
      expect(await direct.takeLines()).toEqual(await yoga.takeLines());
    }
  });

  test('both count the same operations', async () => {
    const counted = await direct.operations();
    expect(counted.length).toBeGreaterThan(0);
    expect(counted).toEqual(await yoga.operations());
  });

  test('and that is the way they went', () => {
    const shortcuts = yoga.routed - direct.routed;
    if (way === 'past Fastify') expect(shortcuts).toBeGreaterThan(100);
    else expect(shortcuts).toBe(0);
  });
});
