import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/domain/identity/api-key.js';
import { insertImages } from '../support/insert-images.js';
import { basic, makeKey } from '../support/keys.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const accountIds: string[] = Array.from({ length: 5 }, () => randomUUID()).sort();
const [first = '', second = '', third = ''] = accountIds;
const accountOf = (accountId: string) => {
  const imageCount = accountIds.indexOf(accountId) + 1;
  return { accountId, imageCount, byteSize: imageCount * 1_000 };
};

let server: TestServer;
let ofAll: Credentials;
beforeAll(async () => {
  server = await startTestServer({ AUTH: 'keys' });
  for (const [index, accountId] of accountIds.entries()) await insertImages(server, index + 1, accountId);
  ofAll = await makeKey(server, { account: null, scopes: ['images.read'] });
});
afterAll(() => server.close());

const document = `query($first: PageSize, $after: String, $last: PageSize, $before: String) {
  accounts(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { accountId } }
    nodes { accountId imageCount byteSize }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

const list = async (variables: Record<string, unknown> = {}, key: Credentials = ofAll) => {
  const { data, errors } = await server.query(document, variables, basic(key));
  return { errors, ...data?.accounts };
};

describe('a key of all accounts', () => {
  test('gets every account that has an image, with its images and bytes, in one SELECT for each', async () => {
    server.sql.length = 0;
    expect((await list()).nodes).toEqual(accountIds.map(accountOf));
    expect(server.sql.filter((statement) => statement.includes('"Image"'))).toHaveLength(2);
    server.sql.length = 0;
    await server.query('{ accounts { nodes { accountId } } }', {}, basic(ofAll));
    expect(server.sql.filter((statement) => statement.includes('"Image"'))).toHaveLength(1);
  });

  test('gets each of them once in pages from either end', async () => {
    const forwards: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const page = await list({ first: 2, after });
      forwards.push(...page.nodes.map((node: { accountId: string }) => node.accountId));
      ({ endCursor: after, hasNextPage: more } = page.pageInfo);
    }
    expect(forwards).toEqual(accountIds);
    const backwards: string[] = [];
    for (let before: string | null = null, more = true; more; ) {
      const page = await list({ last: 2, before });
      backwards.unshift(...page.nodes.map((node: { accountId: string }) => node.accountId));
      ({ startCursor: before, hasPreviousPage: more } = page.pageInfo);
    }
    expect(backwards).toEqual(accountIds);
  });
});

describe('a key of one account', () => {
  test('gets that one alone, whatever cursor it sends', async () => {
    const key = await makeKey(server, { account: second, scopes: ['images.read'] });
    const cursors = Object.fromEntries(
      (await list()).edges.map(({ node, cursor }: never) => [(node as { accountId: string }).accountId, cursor]),
    );
    const found = async (variables: Record<string, unknown>) => {
      const { nodes, pageInfo } = await list(variables, key);
      return [nodes, pageInfo.hasPreviousPage, pageInfo.hasNextPage];
    };
    const own = [accountOf(second)];
    expect(await found({})).toEqual([own, false, false]);
    expect(await found({ after: cursors[first] })).toEqual([own, false, false]);
    expect(await found({ last: 1, before: cursors[third] })).toEqual([own, false, false]);
    expect(await found({ after: cursors[second] })).toEqual([[], true, false]);
    expect(await found({ before: cursors[first] })).toEqual([[], false, true]);
    expect(await found({ first: 0 })).toEqual([[], false, true]);
  });

  test('gets it without images too', async () => {
    const accountId = randomUUID();
    const key = await makeKey(server, { account: accountId, scopes: ['images.read'] });
    expect((await list({}, key)).nodes).toEqual([{ accountId, imageCount: 0, byteSize: 0 }]);
  });
});

test('a key without images.read gets nothing, before its arguments are looked at', async () => {
  const key = await makeKey(server, { account: null, scopes: ['images.write', 'metal.view'] });
  const { errors, nodes } = await list({ first: 1, last: 1, after: 'no cursor' }, key);
  expect([errors[0].extensions.code, nodes]).toEqual(['FORBIDDEN', undefined]);
});

const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test.each([
  ['no cursor', 'a text'],
  [cursorOf(['id', 'ubuntu-22.4']), 'of another list'],
  [cursorOf(['id', `${first}\u0000`]), 'with more than an id'],
  [cursorOf(['createdOn', 1, first]), 'of images'],
])('the cursor %s, %s, is refused by its argument', async (after) => {
  const { errors } = await list({ after });
  expect(errors[0].message).toBe('after: Accepts a cursor of the same list.');
});

test('a page costs a scan, however many accounts it has', async () => {
  const { data, errors } = await server.query(
    '{ a: accounts(first: 200) { nodes { imageCount byteSize } } b: accounts { nodes { accountId } } }',
    {},
    basic(ofAll),
  );
  expect([errors, data.a.nodes.length, data.b.nodes.length]).toEqual([undefined, 5, 5]);
  const refused = await server.query(
    `{ ${'abcdefghij'.replaceAll(/./g, '$&: accounts { nodes { accountId } } ')} }`,
    {},
    basic(ofAll),
  );
  expect(refused.errors?.[0]?.message).toMatch(/cost/);
});
