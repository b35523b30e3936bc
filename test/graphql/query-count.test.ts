import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { changeImage } from '../support/image-operations.js';
import { insertImages } from '../support/insert-images.js';
import { runSql } from '../support/server-stores.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await insertImages(server, 200);
});
afterAll(() => server.close());

const changeAnImage = async (at: TestServer = server): Promise<void> => {
  const { data } = await at.query(
    'query($accountId: UUID!) { images(accountId: $accountId, last: 1) { nodes { id } } }',
    {
      accountId,
    },
  );
  const [{ id }] = data.images.nodes;
  await changeImage(at, 'updateImage', 'UpdateImageInput', { id, metadata: { altText: randomUUID() } });
};

/** As changes of all images do: nothing is known of their metadata then. */
const raiseRevisions = async ({ config }: TestServer): Promise<void> => {
  await runSql(config, 'UPDATE "Image" SET "metadataRevision" = "metadataRevision" + 1');
};

/** Nothing is known of metadata and lists when a test starts. */
beforeEach(async () => {
  await raiseRevisions(server);
  await changeAnImage();
});

const selects = async (document: string, first: number): Promise<number> => {
  server.sql.length = 0;
  const { data, errors } = await server.query(document, { accountId, first });
  expect(errors).toBeUndefined();
  expect(data.images.nodes).toHaveLength(first);
  return server.sql.filter((statement) => /^\s*SELECT/i.test(statement)).length;
};

const page = (fields: string, extra = '') =>
  `query($accountId: UUID!, $first: PageSize!) { images(accountId: $accountId, first: $first) { ${extra} nodes { ${fields} } } }`;

test.each([1, 20, 200])('a page of %i images with their metadata costs two SELECTs', async (first) => {
  expect(await selects(page('id url link metadata { altText address { type ds } ext key }'), first)).toBe(2);
});

test('what was read is not looked up again until it changes', async () => {
  const document = page('id metadata { altText }');
  expect(await selects(document, 20)).toBe(2);
  expect(await selects(document, 20)).toBe(0);
  expect(await selects(document, 19)).toBe(1);
  await changeAnImage();
  expect(await selects(document, 20)).toBe(1);

  const first = async () => (await server.query(document, { accountId, first: 20 })).data.images.nodes[0];
  const { id } = await first();
  await changeImage(server, 'updateImage', 'UpdateImageInput', { id, metadata: { altText: 'Another' } });
  expect(await first()).toEqual({ id, metadata: { altText: 'Another' } });
});

const facts = 'width placeholder { thumbhash } metadata { altText }';
const variants = 'variant { width } srcset(widths: [100, 200]) metadata { altText }';

describe('facts of files never change, so a file is read once', () => {
  test.each([
    ['facts', facts],
    ['variants', variants],
  ])('a page with %s costs three SELECTs, and two when its files are known', async (_what, fields) => {
    const fresh = await startTestServer();
    onTestFinished(() => fresh.close());
    await insertImages(fresh, 20);
    const read = async () => {
      fresh.sql.length = 0;
      const { data } = await fresh.query(page(fields), { accountId, first: 20 });
      expect(data.images.nodes).toHaveLength(20);
      return fresh.sql.filter((statement) => /^\s*SELECT/i.test(statement)).length;
    };
    expect(await read()).toBe(3);
    await raiseRevisions(fresh);
    await changeAnImage(fresh);
    // the list and its metadata
    expect(await read()).toBe(2);
  });

  test.each([1, 20, 200])('a page of %i images with known files costs two', async (first) => {
    await selects(page(facts), 200);
    await raiseRevisions(server);
    await changeAnImage();
    expect(await selects(page(`${facts} ${variants}`), first)).toBe(2);
  });
});

test('the total is one more SELECT, and only where it is selected', async () => {
  expect(await selects(page('metadata { altText }', 'totalCount'), 20)).toBe(3);
  expect(await selects(page('id'), 20)).toBe(0);
});

test('texts in files are one more SELECT, and are read only where they are selected', async () => {
  // the list and the texts
  expect(await selects(page('id embedded { altText creator }'), 20)).toBe(2);
  expect(server.sql.join()).toContain('embeddedAltText');
  await selects(page(facts), 200);
  expect(server.sql.join()).not.toContain('embedded');
});

test('nodes costs one SELECT however many ids', async () => {
  const { data } = await server.query(page('id'), { accountId, first: 200 });
  const ids = data.images.nodes.map(({ id }: { id: string }) => id);
  server.sql.length = 0;
  const response = await server.query('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
  expect(response.data.nodes).toHaveLength(200);
  expect(server.sql.filter((statement) => /^\s*SELECT/i.test(statement))).toHaveLength(1);
});
