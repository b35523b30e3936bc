import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMetalImage, setMetalImageUse } from '../support/metal-operations.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const ids = ['alpine-3.9', 'debian-10.0.20260101', 'ubuntu-20.4.1', 'ubuntu-20.4.2', 'ubuntu-22.4'];
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({}, { now: () => new Date('2026-06-01T12:00:00Z') });
  for (const imageId of [...ids].reverse()) {
    await createMetalImage(server, imageId, {
      name: imageId.slice(0, 6),
      features: imageId.startsWith('ubuntu') ? ['MACHINE', 'FIREWALL'] : ['MACHINE'],
      classification: imageId === 'ubuntu-22.4' ? 'SUPPORTED' : 'PREVIEW',
      ...(imageId === 'alpine-3.9' ? { expirationDate: '2026-05-01T00:00:00Z' } : {}),
    });
    await setMetalImageUse(server, `m-${imageId}`, imageId);
  }
});
afterAll(() => server.close());

const list = async (args = '', variables: Record<string, unknown> = {}) => {
  const declared = Object.keys(variables).map((name) => `$${name}: String`);
  const response = await server.query(
    `query${declared.length > 0 ? `(${declared.join(', ')})` : ''} { metalImages${args ? `(${args})` : ''} {
      totalCount edges { cursor node { imageId } } nodes { imageId usedBy }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
    variables,
  );
  const found = response.data?.metalImages;
  return { ...response, list: found, ids: found?.nodes.map((node: { imageId: string }) => node.imageId) };
};

test('a list is ordered by id, and has its total and the users of each image', async () => {
  const all = await list();
  expect(all.list.nodes).toEqual(ids.map((imageId) => ({ imageId, usedBy: [`m-${imageId}`] })));
  expect(all.list.totalCount).toBe(5);
  expect(all.list.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
});

test('pages from either end meet every image once', async () => {
  const forwards: string[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const page = await list('first: 2, after: $after', { after });
    forwards.push(...page.ids);
    after = page.list.pageInfo.endCursor;
    more = page.list.pageInfo.hasNextPage;
  }
  expect(forwards).toEqual(ids);
  const backwards: string[] = [];
  for (let before: string | null = null, more = true; more; ) {
    const page = await list('last: 2, before: $before', { before });
    backwards.unshift(...page.ids);
    before = page.list.pageInfo.startCursor;
    more = page.list.pageInfo.hasPreviousPage;
  }
  expect(backwards).toEqual(ids);
});

test.each([
  ['{ imageId: "ubuntu-22.4" }', [4]],
  ['{ name: "ubuntu" }', [2, 3, 4]],
  ['{ os: "debian" }', [1]],
  ['{ version: "20.4.1" }', [2]],
  ['{ version: "3.9.0" }', [0]],
  ['{ version: "1.0.0" }', []],
  ['{ classification: SUPPORTED }', [4]],
  ['{ features: [FIREWALL, MACHINE] }', [2, 3, 4]],
  ['{ features: [MACHINE], os: "alpine" }', [0]],
  ['{ expired: true }', [0]],
  ['{ expired: false, name: null }', [1, 2, 3, 4]],
])('the filter %s selects its images and no others', async (filter, expected) => {
  const found = await list(`filter: ${filter}`);
  expect(found.errors).toBeUndefined();
  expect(found.ids).toEqual(expected.map((index) => ids[index]));
  expect(found.list.totalCount).toBe(expected.length);
});

test.each([
  ['first: 1, last: 1', 'last'],
  ['after: "nonsense"', 'after'],
  [`before: "${Buffer.from('["createdOn",1,"x"]').toString('base64url')}"`, 'before'],
  ['filter: { version: "20.04.1" }', 'version'],
])('%s is refused by name', async (args, name) => {
  const { errors } = await list(args);
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'INVALID_INPUT' }, message: expect.stringContaining(name) });
});

test('a page costs one SELECT, one more for the machines and one more for the total', async () => {
  const selects = async (fields: string): Promise<number> => {
    server.sql.length = 0;
    const { errors } = await server.query(`{ metalImages(first: 200) { ${fields} } }`);
    expect(errors).toBeUndefined();
    return server.sql.filter((statement) => /^\s*SELECT/i.test(statement)).length;
  };
  expect(await selects('nodes { imageId version isExpired }')).toBe(1);
  expect(await selects('nodes { imageId usedBy }')).toBe(2);
  expect(await selects('totalCount nodes { imageId usedBy }')).toBe(3);
});
