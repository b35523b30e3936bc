import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/domain/limits.js';
import { uploadImage } from '../support/image-operations.js';
import { bearer, makeKey } from '../support/keys.js';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await uploadImage(server, await newPhoto(), { altText: 'a red bicycle' });
});
afterAll(() => server.close());

const account = `accountId: "${accountId}"`;
const aliased = (times: number, field: string) =>
  Array.from({ length: times }, (_, index) => `a${index}: ${field}`).join(' ');

const galleryFields = `id imageId mimeType width height createdOn
  metadata { altText focalPoint { x y } } placeholder { dataUri dominantColor } url(transform: { width: 640, format: WEBP })
  srcset(widths: [320, 640, 960, 1280, 1600, 1920])`;

describe('what clients do every day is far below the limit', () => {
  test.each([
    [
      'a gallery of 200',
      `{ images(${account}, first: 200) { totalCount pageInfo { endCursor hasNextPage } nodes { ${galleryFields} } } }`,
    ],
    [
      'the same with a search',
      `{ images(${account}, first: 200, filter: { altTextContains: "bicycle" }) { totalCount nodes { ${galleryFields} } } }`,
    ],
    [
      'a page by number',
      `{ imagePage(${account}, count: 200, skip: 100000) { totalCount hasMore items { ${galleryFields} } } }`,
    ],
    [
      'all limits and the viewer',
      `{ limits { ${Object.keys(defaultLimits).join(' ')} } viewer { kind keyId accountId scopes } }`,
    ],
  ])('%s', async (_name, document) => {
    expect((await server.query(document)).errors).toBeUndefined();
  });
});

const costly: [name: string, costliest: string, document: string, variables?: Record<string, unknown>][] = [
  [
    'counts with a filter, aliased',
    'a0',
    `{ ${aliased(30, `imagePage(${account}, filter: { altTextContains: "e" }) { totalCount }`)} }`,
  ],
  [
    'the same by cursor',
    'a0',
    `{ ${aliased(30, `images(${account}, filter: { altTextContains: "e" }, first: 0) { totalCount }`)} }`,
  ],
  [
    'counts without a filter, aliased',
    'a0.totalCount',
    `{ ${aliased(30, `images(${account}, first: 0) { totalCount }`)} }`,
  ],
  ['counts of metal images', 'a0', `{ ${aliased(30, 'metalImages(filter: { name: "x" }) { totalCount }')} }`],
  [
    'wide srcsets of long pages',
    'images.nodes.a0',
    `{ images(${account}, first: 200) { nodes { ${aliased(3, `srcset(widths: [${Array(20).fill(100).join(' ')}])`)} } } }`,
  ],
  [
    'a srcset whose widths are a variable',
    'images.nodes.srcset',
    `query($w: [PositiveInt!]!) { images(${account}, first: 200) { nodes { srcset(widths: $w) } } }`,
    { w: Array(1_000).fill(100) },
  ],
  [
    'pages whose length is a variable',
    'a0.nodes',
    `query($n: PageSize) { ${aliased(25, `images(${account}, first: $n) { nodes { id url metadata { key } } }`)} }`,
    { n: 200 },
  ],
  [
    'pages by the default of a variable',
    'a0.nodes',
    `query($n: PageSize = 200) { ${aliased(25, `images(${account}, first: $n) { nodes { id url metadata { key } } }`)} }`,
  ],
  [
    'changes that return long lists',
    'a0',
    `mutation { ${aliased(8, 'deleteOrphanMetalImages { ... on DeleteOrphanMetalImagesPayload { deleted { deletedId url expirationDate } } }')} }`,
  ],
];

test.each(costly)('%s cost too much, and nothing of it runs', async (_name, costliest, document, variables = {}) => {
  const statements = server.sql.length;
  const { status, data, errors } = await server.query(document, variables);
  expect([status, data, errors?.length]).toEqual([400, undefined, 1]);
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'LIMIT_EXCEEDED' } });
  expect(errors?.[0]?.message).toMatch(
    /^The document has a cost of \d+; at most 10000 is accepted. Its costliest field is "/,
  );
  expect(errors?.[0]?.message).toContain(`"${costliest}`);
  expect(server.sql.length).toBe(statements);
});

test('fragments that spread each other cost what they multiply to, and are counted without being walked', async () => {
  const fragments = Array.from(
    { length: 60 },
    (_, index) => `fragment f${index} on Image { ...f${index + 1} ...f${index + 1} }`,
  );
  const { errors } = await server.query(
    `{ images(${account}) { nodes { ...f0 } } } ${fragments.join(' ')} fragment f60 on Image { id }`,
  );
  expect(errors?.[0]?.message).toContain('The document has a cost of 23058430092136940000;');
});

test('what a variable leaves out costs nothing', async () => {
  const document = `query($counted: Boolean!) { ${aliased(25, `images(${account}, first: 0) { totalCount @include(if: $counted) pageInfo { hasNextPage } }`)} }`;
  expect((await server.query(document, { counted: false })).errors).toBeUndefined();
  expect((await server.query(document, { counted: true })).errors?.[0]?.message).toContain('cost');
});

const texts = `mutation($input: UpdateImageInput!) { updateImage(input: $input) { __typename ... on Error { message } } }`;
const textsOf = (count: number) => ({
  input: { id: 'x', metadata: { altTexts: Array(count).fill({ locale: 'no language' }) } },
});

test('lists in variables that are longer than any cost are refused before an element is looked at', async () => {
  const { status, data, errors } = await server.query(texts, textsOf(30_000));
  expect([status, data, errors]).toMatchObject([
    400,
    undefined,
    [
      {
        message: expect.stringContaining('lists of more than 10000 elements'),
        extensions: { code: 'LIMIT_EXCEEDED' },
      },
    ],
  ]);
  expect((await server.query(texts, textsOf(3))).errors?.[0]?.message).toContain('Locale accepts');
});

test('a subscription has a cost too', async () => {
  const document = `subscription($w: [PositiveInt!]!) { imageChanged(${account}) { image { ${aliased(20, 'srcset(widths: $w)')} } } }`;
  const { status, errors } = await server.query(document, { w: Array(1_000).fill(100) });
  expect([status, errors?.[0]?.extensions?.code]).toEqual([400, 'LIMIT_EXCEEDED']);
});

test.each([
  ['one name many times', `{ ${'limits { pageMax } '.repeat(400)} }`],
  [
    'one name in many fragments',
    `{ ${Array.from({ length: 100 }, (_, index) => `...f${index}`).join(' ')} } ${Array.from({ length: 100 }, (_, index) => `fragment f${index} on Query { limits { pageMax } }`).join(' ')}`,
  ],
])('a document that selects %s is refused before its selections are compared', async (_name, document) => {
  const { errors } = await server.query(document);
  expect(errors).toMatchObject([
    { message: expect.stringContaining('"limits" more than 50 times'), extensions: { code: 'LIMIT_EXCEEDED' } },
  ]);
});

describe('without a key on a server that requires one', () => {
  let guarded: TestServer;
  beforeAll(async () => {
    guarded = await startTestServer({ AUTH: 'keys' });
  });
  afterAll(() => guarded.close());

  test('a document has a small cost of its own', async () => {
    const document = `{ limits { ${'pageMax '.repeat(440)} } }`;
    const { status, errors } = await guarded.query(document);
    expect(status).toBe(400);
    expect(errors).toMatchObject([
      { message: expect.stringContaining('at most 200 is accepted'), extensions: { code: 'LIMIT_EXCEEDED' } },
    ]);
    const key = await makeKey(guarded, { account: accountId, scopes: ['images.read'] });
    expect((await guarded.query(document, {}, bearer(key))).errors).toBeUndefined();
  });

  test('a list that is longer than that is not looked at either, and a missing scope comes first', async () => {
    const document = 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    const refused = await guarded.query(texts, textsOf(201));
    expect(refused.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
    const key = await makeKey(guarded, { account: accountId, scopes: ['images.read'] });
    const forbidden = await guarded.query(texts, textsOf(20_000), bearer(key));
    expect(forbidden.errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
    expect((await guarded.query(document, { ids: Array(150).fill('x') }, bearer(key))).status).toBe(200);
  });

  test('limits, viewer and introspection are within it', async () => {
    const document = `{ __typename limits { ${Object.keys(defaultLimits).join(' ')} } viewer { kind keyId accountId scopes } }`;
    expect((await guarded.query(document)).errors).toBeUndefined();
    expect(
      (
        await guarded.query(
          '{ __schema { types { name fields { name type { name } } } } __type(name: "Image") { name } }',
        )
      ).errors,
    ).toBeUndefined();
  });

  test('a document with anything else is refused as a whole', async () => {
    const { status, data, errors } = await guarded.query(
      `{ viewer { kind } ...f } fragment f on Query { images(${account}) { totalCount } }`,
    );
    expect([status, data, errors?.[0]?.extensions?.code]).toEqual([401, undefined, 'UNAUTHENTICATED']);
    const skipped = `query($no: Boolean = false) { viewer { kind } images(${account}) @include(if: $no) { totalCount } }`;
    expect((await guarded.query(skipped)).data).toEqual({ viewer: { kind: 'ANONYMOUS' } });
  });
});
