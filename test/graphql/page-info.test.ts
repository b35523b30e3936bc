import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteImage, uploadImage } from '../support/image-operations.js';
import { createMetalImage, deleteMetalImage } from '../support/metal-operations.js';
import { photoJpeg, photoPng } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const accountId = randomUUID();
let server: TestServer;
beforeAll(async () => {
  let seconds = 0;
  const now = () => {
    seconds += 1;
    return new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
  };
  server = await startTestServer({}, { now });
});
afterAll(() => server.close());

interface Page {
  readonly keys: string[];
  readonly cursors: string[];
  readonly hasPreviousPage: boolean;
  readonly hasNextPage: boolean;
}
type List = (args: string) => Promise<Page>;

const pageOf = (connection: {
  edges: { cursor: string; node: { key: string } }[];
  pageInfo: { hasPreviousPage: boolean; hasNextPage: boolean };
}): Page => ({
  keys: connection.edges.map(({ node }) => node.key),
  cursors: connection.edges.map(({ cursor }) => cursor),
  ...connection.pageInfo,
});

const selection = (key: string) => `{ edges { cursor node { key: ${key} } } pageInfo { hasPreviousPage hasNextPage } }`;

/** Every window on a list, its cursors taken from the list without a filter: what Relay's page info has to be is counted. */
const expectTruth = async (list: List, args: string, all: readonly string[], cursors: ReadonlyMap<string, string>) => {
  const shown = (await list(`first: 200${args}`)).keys;
  const positions = [...cursors.keys()];
  for (const after of [undefined, ...positions]) {
    for (const before of [undefined, ...positions]) {
      const place = (key: string) => all.indexOf(key);
      const between = shown.filter(
        (key) => (!after || place(key) > place(after)) && (!before || place(key) < place(before)),
      );
      for (const [name, size] of [
        ['first', 0],
        ['first', 2],
        ['first', 200],
        ['last', 0],
        ['last', 2],
      ] as const) {
        const window = [
          `${name}: ${size}`,
          ...(after ? [`after: "${cursors.get(after)}"`] : []),
          ...(before ? [`before: "${cursors.get(before)}"`] : []),
        ].join(', ');
        const page = await list(window + args);
        const expected = name === 'first' ? between.slice(0, size) : between.slice(Math.max(0, between.length - size));
        expect(page.keys, window).toEqual(expected);
        // cursors that cross show nothing, and what is before or behind that has no meaning
        if (after && before && place(after) >= place(before)) continue;
        const start = name === 'first' ? 0 : between.length - expected.length;
        const previous = start + shown.filter((key) => after && place(key) <= place(after)).length;
        const end = between.length - start - expected.length;
        const next = end + shown.filter((key) => before && place(key) >= place(before)).length;
        expect([page.hasPreviousPage, page.hasNextPage], `${window}${args}`).toEqual([previous > 0, next > 0]);
      }
    }
  }
};

describe('hasPreviousPage and hasNextPage are true only if there is something', () => {
  test('in a list of images, of which a filter hides some and some were deleted', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const photo = await (index % 3 === 1 ? photoPng : photoJpeg)({ width: 10 + index, height: 9 });
      ids.push((await uploadImage(server, photo, undefined, accountId)).id);
    }
    const list: List = async (args) => {
      const document = `query($accountId: UUID!) { images(accountId: $accountId, ${args}) ${selection('id')} }`;
      return pageOf((await server.query(document, { accountId })).data.images);
    };
    const whole = await list('first: 200');
    const cursors = new Map(whole.keys.map((key, index) => [key, whole.cursors[index] ?? '']));
    await deleteImage(server, whole.keys[0] ?? '');
    await deleteImage(server, whole.keys[3] ?? '');
    for (const filter of ['', ', filter: { mimeType: ["image/png"] }', ', filter: { mimeType: ["image/webp"] }']) {
      await expectTruth(list, filter, whole.keys, cursors);
    }
  }, 60_000);

  test('in a list of metal images, of which a filter hides some and some were deleted', async () => {
    for (const id of ['a-1', 'b-1', 'a-2', 'b-2', 'a-3']) await createMetalImage(server, id, {});
    const list: List = async (args) =>
      pageOf((await server.query(`{ metalImages(${args}) ${selection('imageId')} }`)).data.metalImages);
    const whole = await list('first: 200');
    const cursors = new Map(whole.keys.map((key, index) => [key, whole.cursors[index] ?? '']));
    await deleteMetalImage(server, 'a-1');
    await deleteMetalImage(server, 'b-2');
    for (const filter of ['', ', filter: { os: "b" }', ', filter: { os: "none" }']) {
      await expectTruth(list, filter, whole.keys, cursors);
    }
  }, 60_000);
});

test('the other side of a page costs one SELECT, and only if it is selected', async () => {
  const page = async (args: string, info: string) => {
    // nothing is known of lists then
    await uploadImage(server, await photoJpeg({ width: 9, height: 10 + counted }), undefined, accountId);
    counted += 1;
    const { data } = await server.query('query($a: UUID!) { images(accountId: $a, first: 200) { edges { cursor } } }', {
      a: accountId,
    });
    const cursor = data.images.edges[1].cursor;
    server.sql.length = 0;
    const document = `query($a: UUID!) { images(accountId: $a, ${args.replace('$c', JSON.stringify(cursor))}) { nodes { id } ${info} } }`;
    expect((await server.query(document, { a: accountId })).errors).toBeUndefined();
    return server.sql.filter((statement) => /^\s*SELECT/i.test(statement)).length;
  };
  let counted = 0;
  const both = 'pageInfo { hasPreviousPage hasNextPage }';
  expect(await page('first: 1', 'pageInfo { startCursor }')).toBe(1);
  expect(await page('first: 1', both)).toBe(1);
  expect(await page('last: 1', both)).toBe(1);
  expect(await page('first: 1, after: $c', 'pageInfo { endCursor hasNextPage }')).toBe(1);
  expect(await page('first: 1, after: $c', both)).toBe(2);
  expect(await page('last: 1, before: $c', 'pageInfo { hasPreviousPage }')).toBe(1);
  expect(await page('last: 1, before: $c', both)).toBe(2);
});
