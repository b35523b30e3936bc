import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertImages } from '../../support/insert-images.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';
import { type MoovClient, openMoovClient } from './moov-client.js';

let server: TestServer;
let moov: MoovClient;
beforeAll(async () => {
  server = await startTestServer();
  moov = await openMoovClient(server);
  await insertImages(server, 230);
});
afterAll(() => server.close());

/** The numbers in the alternative texts; 229 is the newest. */
const list = async (query = ''): Promise<number[]> => {
  const { status, body } = await moov.call('GET', query);
  expect(status).toBe(200);
  return body.map(({ altText }: { altText: string }) => Number(altText.replace('Number ', '')));
};
const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from - index);

test.each([
  ['', range(229, 20)],
  ['?count=3', range(229, 3)],
  ['?count=200', range(229, 200)],
  ['?count=0', []],
  ['?skip=5&count=2', range(224, 2)],
  ['?count=2&skip=228', range(1, 2)],
  ['?skip=230', []],
  ['?skip=9007199254740991', []],
  ['?skip=0&page=7&unknown=', range(229, 20)],
])('the images "%s" come newest first', async (query, numbers) => {
  expect(await list(query)).toEqual(numbers);
});

test.each([
  ['?count=201', 'count'],
  ['?count=-1', 'count'],
  ['?count=', 'count'],
  ['?count=1.5', 'count'],
  ['?count=1e2', 'count'],
  ['?count=%2B5', 'count'],
  ['?count=0x10', 'count'],
  ['?count=ten', 'count'],
  ['?count=1&count=2', 'count'],
  ['?count=99999999999999999999', 'count'],
  ['?skip=-5', 'skip'],
  ['?skip=9007199254740993', 'skip'],
  ['?skip=NaN', 'skip'],
])('%s is 400 and names the accepted values', async (query, name) => {
  const { status, body } = await moov.call('GET', query);
  expect([status, body]).toEqual([400, { error: expect.stringMatching(`^${name}: Must be a whole number from 0`) }]);
});

// lengths that nobody asked for before: what was read is kept
test.each([13, 21, 199])('a page of %i images costs one SELECT for them and one for their metadata', async (count) => {
  server.sql.length = 0;
  await list(`?count=${count}`);
  expect(server.sql.filter((statement) => /^\s*SELECT/i.test(statement))).toHaveLength(2);
});

test('an account without images has an empty list', async () => {
  const other = await openMoovClient(server, randomUUID());
  expect(await other.call('GET', '')).toMatchObject({ status: 200, body: [] });
});

test('disabled images are listed, with the time since when', async () => {
  const [newest] = (await moov.call('GET', '?count=1')).body;
  await moov.call('DELETE', `/${newest.imageID}`);
  const [first] = (await moov.call('GET', '?count=1')).body;
  expect(first).toMatchObject({ imageID: newest.imageID, disabledOn: expect.any(String) });
});
