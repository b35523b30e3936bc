import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { changeImage } from '../support/image-operations.js';
import { insertImages } from '../support/insert-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await insertImages(server, 200);
});
afterAll(() => server.close());

const changeAnImage = async (): Promise<void> => {
  const { data } = await server.query(
    'query($accountId: UUID!) { images(accountId: $accountId, last: 1) { nodes { id } } }',
    {
      accountId,
    },
  );
  const [{ id }] = data.images.nodes;
  await changeImage(server, 'updateImage', 'UpdateImageInput', { id, metadata: { altText: randomUUID() } });
};

/** Raises the revisions of all images, as changes do, and changes one: nothing is known of metadata and lists then. */
beforeEach(async () => {
  const database = new Database(join(server.dataFolder, 'state.db'));
  database.exec('UPDATE "Image" SET "metadataRevision" = "metadataRevision" + 1');
  database.close();
  await changeAnImage();
});

const selects = async (document: string, first: number): Promise<number> => {
  server.sql.length = 0;
  const { data, errors } = await server.query(document, { accountId, first });
  expect(errors).toBeUndefined();
  expect(data.images.nodes).toHaveLength(first);
  return server.sql.filter((statement) => /^\s*SELECT/i.test(statement)).length;
};

const page = (fields: string, beside = '') =>
  `query($accountId: UUID!, $first: PageSize!) { images(accountId: $accountId, first: $first) { ${beside} nodes { ${fields} } } }`;

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

test.each([1, 20, 200])('a page of %i images with facts of their bytes costs three', async (first) => {
  expect(await selects(page('width placeholder { thumbhash } metadata { altText }'), first)).toBe(3);
});

test.each([1, 20, 200])('a page of %i images with their variants costs three', async (first) => {
  expect(await selects(page('variant { width } srcset(widths: [100, 200]) metadata { altText }'), first)).toBe(3);
});

test('the total is one more SELECT, and only where it is selected', async () => {
  expect(await selects(page('metadata { altText }', 'totalCount'), 20)).toBe(3);
  expect(await selects(page('id'), 20)).toBe(0);
});

test('nodes costs one SELECT however many ids', async () => {
  const { data } = await server.query(page('id'), { accountId, first: 200 });
  const ids = data.images.nodes.map(({ id }: { id: string }) => id);
  server.sql.length = 0;
  const answer = await server.query('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
  expect(answer.data.nodes).toHaveLength(200);
  expect(server.sql.filter((statement) => /^\s*SELECT/i.test(statement))).toHaveLength(1);
});
