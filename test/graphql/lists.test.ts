import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeImage, uploadImage } from '../support/image-operations.js';
import { photoJpeg, photoPng, photoWebp } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const accountId = randomUUID();
let server: TestServer;
/** Oldest first. */
const ids: string[] = [];

beforeAll(async () => {
  let seconds = 0;
  const now = () => {
    seconds += 1;
    return new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
  };
  server = await startTestServer({}, { now });
  const photos = [photoJpeg, photoPng, photoWebp];
  for (let index = 0; index < 7; index += 1) {
    const bytes = await photos[index % 3]?.({ width: 10 + index * 5, height: 20 });
    const metadata = index % 2 ? { altText: `Image ${index} of a Fox` } : undefined;
    ids.push((await uploadImage(server, bytes ?? Buffer.alloc(0), metadata, accountId)).id);
  }
  await changeImage(server, 'disableImage', 'ImageIdInput', { id: ids[2] });
});
afterAll(() => server.close());

const list = async (args: string, variables: Record<string, unknown> = {}) => {
  const declared = Object.keys(variables).map((name) => `, $${name}: String`);
  const response = await server.query(
    `query($accountId: UUID!${declared.join('')}) { images(accountId: $accountId${args ? `, ${args}` : ''}) {
      totalCount edges { cursor node { id } } nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
    { accountId, ...variables },
  );
  return {
    ...response,
    list: response.data?.images,
    ids: response.data?.images?.nodes.map((node: { id: string }) => node.id),
  };
};
const newestFirst = () => [...ids].reverse();

test('a list is newest first, and has a total', async () => {
  const all = await list('');
  expect(all.ids).toEqual(newestFirst());
  expect(all.list.totalCount).toBe(7);
  expect(all.list.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
});

test('pages forward by cursor meet every image once', async () => {
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const page = await list('first: 3, after: $after', { after });
    seen.push(...page.ids);
    expect(page.list.pageInfo.hasPreviousPage).toBe(after !== null);
    after = page.list.pageInfo.hasNextPage ? page.list.pageInfo.endCursor : null;
  } while (after);
  expect(seen).toEqual(newestFirst());
});

test('pages backward by cursor meet every image once, each page in the order of the list', async () => {
  const seen: string[] = [];
  let before: string | null = null;
  do {
    const page = await list('last: 3, before: $before', { before });
    seen.unshift(...page.ids);
    before = page.list.pageInfo.hasPreviousPage ? page.list.pageInfo.startCursor : null;
  } while (before);
  expect(seen).toEqual(newestFirst());
});

test.each([
  ['CREATED_ON_ASC', () => ids],
  ['BYTE_SIZE_ASC', undefined],
  ['BYTE_SIZE_DESC', undefined],
  ['UPDATED_ON_ASC', () => [...ids.filter((id) => id !== ids[2]), ids[2]]],
  ['UPDATED_ON_DESC', () => [ids[2], ...newestFirst().filter((id) => id !== ids[2])]],
] as const)('orders by %s, and its cursors go on where they stand', async (order, expected) => {
  const all = await list(`orderBy: ${order}`);
  if (expected) expect(all.ids).toEqual(expected());
  const rest = await list(`orderBy: ${order}, after: $after`, { after: all.list.edges[2].cursor });
  expect(rest.ids).toEqual(all.ids.slice(3));
});

test('a cursor of another order, or a text that is no cursor, is refused as that', async () => {
  const { list: all } = await list('');
  for (const after of [all.pageInfo.endCursor, 'nonsense', '']) {
    const { errors } = await list('orderBy: BYTE_SIZE_ASC, after: $after', { after });
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'INVALID_INPUT' },
      message: expect.stringContaining('after'),
    });
  }
});

test.each([
  ['filter: { mimeType: "image/png" }', [4, 1]],
  ['filter: { mimeType: ["image/png", "image/webp"] }', [5, 4, 2, 1]],
  ['filter: { disabled: true }', [2]],
  ['filter: { disabled: false }', [6, 5, 4, 3, 1, 0]],
  ['filter: { altTextContains: "fox" }', [5, 3, 1]],
  ['filter: { altTextContains: "%" }', []],
  ['filter: { altTextMissing: true }', [6, 4, 2, 0]],
  ['filter: { altTextMissing: true, disabled: true }', [2]],
  ['filter: { byteSize: { max: 0 } }', []],
  ['filter: { createdOn: { max: "2000-01-01T00:00:00Z" } }', []],
  ['filter: { createdOn: { min: "2000-01-01T00:00:00Z" } }', [6, 5, 4, 3, 2, 1, 0]],
])('%s selects its images and no others', async (args, expected) => {
  const found = await list(args);
  expect(found.errors).toBeUndefined();
  expect(found.ids.map((id: string) => ids.indexOf(id))).toEqual(expected);
  expect(found.list.totalCount).toBe(expected.length);
});

test('a cursor of an impossible time is refused as that', async () => {
  const { list: all } = await list('');
  const [key, , id] = JSON.parse(Buffer.from(all.pageInfo.endCursor, 'base64url').toString());
  const after = Buffer.from(JSON.stringify([key, 9e15, id])).toString('base64url');
  const { errors } = await list('after: $after', { after });
  expect(errors?.[0]).toMatchObject({
    extensions: { code: 'INVALID_INPUT' },
    message: expect.stringContaining('Accepts a cursor of the same list'),
  });
});

test('a filter may name its values often, and each counts to the cost of the document', async () => {
  const count = (length: number) =>
    server.query(`query($filter: ImageFilter) { images(accountId: "${accountId}", filter: $filter) { totalCount } }`, {
      filter: { mimeType: Array.from({ length }, () => 'image/png') },
    });
  const { data, errors } = await count(5_000);
  expect(errors).toBeUndefined();
  expect(data.images.totalCount).toBe(2);
  expect((await count(9_500)).errors?.[0]?.message).toContain('Its costliest field is "images" with 10510.');
  expect((await count(33_000)).errors?.[0]?.message).toContain('have lists of more than 10000 elements');
});

test.each([
  ['first: 1, last: 1', 'last'],
  ['filter: { mimeType: "image/tiff" }', 'mimeType'],
])('%s is refused by name', async (args, name) => {
  const { errors } = await list(args);
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'INVALID_INPUT' }, message: expect.stringContaining(name) });
});

test('a page by number skips and counts, and reports whether there is more', async () => {
  const page = async (skip: number, count: number) =>
    (
      await server.query(
        `query($accountId: UUID!, $skip: NonNegativeInt, $count: PageSize) {
          imagePage(accountId: $accountId, skip: $skip, count: $count) { items { id } hasMore totalCount } }`,
        { accountId, skip, count },
      )
    ).data.imagePage;
  expect(await page(2, 3)).toEqual({
    items: newestFirst()
      .slice(2, 5)
      .map((id) => ({ id })),
    hasMore: true,
    totalCount: 7,
  });
  expect(await page(5, 20)).toMatchObject({ items: [{}, {}], hasMore: false });
  expect(await page(100, 20)).toMatchObject({ items: [], hasMore: false });
  expect(await page(0, 0)).toEqual({ items: [], hasMore: true, totalCount: 7 });
});

test('images of another account are in no list', async () => {
  const { data } = await server.query(
    'query($accountId: UUID!) { images(accountId: $accountId) { totalCount nodes { id } } }',
    {
      accountId: randomUUID(),
    },
  );
  expect(data.images).toEqual({ totalCount: 0, nodes: [] });
});
