import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alpineIds, firewallIds, ubuntuIds } from '../../support/metal-ids.js';
import { setMetalImageUse } from '../../support/metal-operations.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';
import { failure, type MetalClient, openMetalClient, outcome } from './metal-client.js';

const now = new Date('2026-06-01T12:00:00.000Z');
const expired = { expirationDate: '2026-06-01T11:00:00Z' };

/** The images of the vendor's own tests; no row of one operating system depends on the others. */
const images: Readonly<Record<string, object>> = {
  ...Object.fromEntries([...ubuntuIds, ...alpineIds, ...firewallIds].map((id) => [id, {}])),
  'aged-20.10.20200602': {},
  'aged-20.10.20200603': expired,
  'gone-1.0.1': expired,
  'built-1.2.3+b.1': {},
  'built+b-1.2.3': {},
  'find-1': { name: 'a', features: ['machine'] },
  'find-2': { name: 'b', features: ['machine', 'firewall'], classification: 'supported' },
  'find-3': { name: 'c', features: ['firewall'], classification: 'deprecated' },
};
const ids = Object.keys(images).sort();
const withFeature = ['find-1', 'find-2', 'find-3'];

let server: TestServer;
let metal: MetalClient;
beforeAll(async () => {
  server = await startTestServer({}, { now: () => now });
  metal = await openMetalClient(server);
  for (const [id, given] of Object.entries(images)) await metal.create(id, given);
  for (const machine of ['m2', 'm1']) await setMetalImageUse(server, machine, 'find-1');
});
afterAll(() => server.close());

describe('GET /v1/image/{id}/latest', () => {
  test.each([
    ['ubuntu-19.4', 'ubuntu-19.4'],
    ['ubuntu-19.04', 'ubuntu-19.4'],
    ['ubuntu-19.10', 'ubuntu-19.10'],
    ['ubuntu-20.4.20200502', 'ubuntu-20.4.20200502'],
    ['ubuntu-20.4.20200502+b', 'ubuntu-20.4.20200502'],
    ['alpine-3.10', 'alpine-3.10.20191012'],
    ['alpine-3.9', 'alpine-3.9.20191012'],
    ['firewall-2', 'firewall-2.0.20200331'],
    ['firewall-ubuntu-2', 'firewall-ubuntu-2.0.20200331'],
    ['ubuntu-20.4', 'ubuntu-20.4.20200603'],
    ['ubuntu-20.04', 'ubuntu-20.4.20200603'],
    ['ubuntu-20.4.0', 'ubuntu-20.4.20200603'],
    ['ubuntu-v20.4', 'ubuntu-20.4.20200603'],
    ['ubuntu-0', 'ubuntu-20.4.20200603'],
    ['alpine-0', 'alpine-3.10.20191012'],
    ['aged-20.10', 'aged-20.10.20200602'],
    ['aged-20.10?include-expired=false', 'aged-20.10.20200602'],
    ['aged-20.10?include-expired=true', 'aged-20.10.20200603'],
    ['aged-20.10?include-expired=1', 'aged-20.10.20200603'],
    ['gone-1?include-expired=t', 'gone-1.0.1'],
  ])('for %s is %s', async (wanted, expected) => {
    const [id, query] = wanted.split('?');
    const { status, body } = await metal.call('GET', `/${id}/latest${query ? `?${query}` : ''}`);
    expect([status, body.id]).toEqual([200, expected]);
  });

  test.each([
    ['ubuntu-20.4.2020', 'no image for os:ubuntu version:20.4.2020 found'],
    ['ubuntu-19', 'no image for os:ubuntu version:19.0.0 found'],
    ['alpine-3', 'no image for os:alpine version:3.0.0 found'],
    ['debian-10', 'no image for os:debian version:10.0.0 found'],
    ['gone-1.0.1', 'no image for os:gone version:1.0.1 found'],
    ['ubuntu', 'invalid format for os image, expected <os>-<major>.<minor>[.<patch>]: ubuntu'],
    ['ubuntu-', 'invalid semantic version'],
    ['ubuntu-x', 'invalid semantic version'],
    ['ubuntu-1.2.3.4', 'invalid semantic version'],
  ])('for %s is 404 and says why', async (id, reason) => {
    expect(outcome(await metal.call('GET', `/${id}/latest`))).toEqual(
      failure(404, `NotFound no image for id:${id} found:${reason}`),
    );
  });
});

describe('GET /v1/image/{id}/query', () => {
  test.each([
    ['ubuntu-20.4', ['20200603', '20200502', '20200501', '20200401'].map((patch) => `ubuntu-20.4.${patch}`)],
    ['ubuntu-20.4.2020', []],
    ['ubuntu-20.4.20200502', ['ubuntu-20.4.20200502']],
    ['alpine-3.10', ['alpine-3.10.20191012', 'alpine-3.10']],
    ['alpine-3.9', ['alpine-3.9.20191012', 'alpine-3.9']],
    ['aged-20.10', ['aged-20.10.20200603', 'aged-20.10.20200602']],
    ['debian-10', []],
  ])('for %s lists all that match, expired ones too', async (id, expected) => {
    expect(await metal.ids('GET', `/${id}/query`)).toEqual(expected);
  });

  test('for what says no version is 404', async () => {
    expect(outcome(await metal.call('GET', '/ubuntu-x/query'))).toEqual(
      failure(404, 'NotFound no images for id:ubuntu-x found:invalid semantic version'),
    );
  });
});

describe('GET /v1/image', () => {
  test('lists all images, expired ones too', async () => {
    expect(await metal.ids('GET', '')).toEqual(ids);
  });
});

describe('POST /v1/image/find', () => {
  test.each([
    [{}, ids],
    [{ id: 'find-2' }, ['find-2']],
    [{ id: 'find' }, []],
    [{ name: 'b' }, ['find-2']],
    [{ name: 'B' }, []],
    [{ name: '' }, ids.filter((id) => !id.startsWith('find'))],
    [{ os: 'firewall' }, ['firewall-2.0.20200331']],
    [{ os: '' }, []],
    [{ os: 'aged', version: '20.10.20200602' }, ['aged-20.10.20200602']],
    [{ os: 'ubuntu', version: '19.4.0' }, ['ubuntu-19.4']],
    [{ os: 'ubuntu', version: '19.04' }, []],
    [{ version: '1.2.3+b.1' }, ['built-1.2.3+b.1']],
    [{ version: '1.2.3' }, ['built+b-1.2.3']],
    [{ version: '1.2.3+' }, []],
    [{ version: 'x' }, []],
    [{ version: '' }, []],
    [{ classification: 'supported' }, ['find-2']],
    [{ classification: 'unknown' }, []],
    [{ classification: '' }, []],
    [{ features: ['firewall'] }, ['find-2', 'find-3']],
    [{ features: ['machine', 'firewall'] }, ['find-2']],
    [{ features: ['machine', 'machine'] }, ['find-1', 'find-2']],
    [{ features: ['x'] }, []],
    [{ features: [], os: 'find' }, withFeature],
    [{ id: null, features: null, os: 'find' }, withFeature],
    [{ name: 'b', os: 'find', version: '2.0.0', classification: 'supported', features: ['machine'] }, ['find-2']],
    [{ name: 'b', classification: 'preview' }, []],
  ])('%j finds exactly those that meet it all', async (wanted, expected) => {
    expect(await metal.ids('POST', '/find', wanted)).toEqual(expected);
  });
});

describe('show-usage', () => {
  const usedBy = async (query: string) => {
    const [listed, found] = [await metal.call('GET', query), await metal.call('POST', `/find${query}`, { os: 'find' })];
    const of = (response: typeof listed) =>
      Object.fromEntries(response.body.map((image: { id: string; usedby: unknown }) => [image.id, image.usedby]));
    expect(of(listed)).toMatchObject(of(found));
    return [of(found)['find-1'], of(found)['find-2']];
  };

  test.each(['1', 't', 'T', 'TRUE', 'true', 'True'])(
    '%s lists the machines, and null if there are none',
    async (yes) => {
      expect(await usedBy(`?show-usage=${yes}`)).toEqual([['m1', 'm2'], null]);
    },
  );

  test.each([
    '',
    '?',
    '?show-usage=',
    '?show-usage',
    ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((no) => `?show-usage=${no}`),
  ])('%j lists none', async (query) => {
    expect(await usedBy(query)).toEqual([null, null]);
  });

  test('that is given twice has its first value', async () => {
    expect(await usedBy('?show-usage=true&show-usage=x')).toEqual([['m1', 'm2'], null]);
  });

  test.each(['x', 'tRUE', 'yes', '2', ' true', '"'])('%j is 400', async (text) => {
    const query = `?show-usage=${encodeURIComponent(text)}`;
    const refused = failure(400, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
    expect(outcome(await metal.call('GET', query))).toEqual(refused);
    expect(outcome(await metal.call('POST', `/find${query}`, {}))).toEqual(refused);
    // the body is read before it
    expect(outcome(await metal.call('POST', `/find${query}`, ''))).toEqual(failure(400, 'EOF'));
  });

  test('costs one SELECT however many images there are', async () => {
    const before = server.sql.length;
    await metal.call('GET', '?show-usage=true');
    expect(server.sql.slice(before).filter((sql) => /^SELECT/i.test(sql))).toHaveLength(2);
  });

  test.each(['/find-1', '/find-1/latest', '/find-1/query'])('%s lists no machine', async (path) => {
    const { body } = await metal.call('GET', `${path}?show-usage=true`);
    expect([body].flat()).toMatchObject([{ id: 'find-1', usedby: null }]);
  });
});
