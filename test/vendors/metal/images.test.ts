import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetalImage, deleteMetalImage, setMetalImageUse } from '../../support/metal-operations.js';
import { onSqlite } from '../../support/server-stores.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';
import { failure, type MetalClient, openMetalClient, outcome } from './metal-client.js';

const now = new Date('2026-06-01T12:00:00.000Z');
let server: TestServer;
let metal: MetalClient;
beforeAll(async () => {
  server = await startTestServer({}, { now: () => now });
  metal = await openMetalClient(server);
});
afterAll(() => server.close());

const nowText = '2026-06-01T12:00:00Z';
/** The clock stands still here, and a change is later than the one before all the same. */
const changedOnce = '2026-06-01T12:00:00.001Z';
const in90Days = '2026-08-30T12:00:00Z';
const url = 'https://images.example/x.tar.lz4';
const noImage = (id: string) => failure(404, `NotFound no image with id "${id}" found`);

describe('PUT /v1/image', () => {
  test('returns 201 with every field of a response, and defaults for what is not given', async () => {
    expect(outcome(await metal.create('image-1', { url }))).toEqual([
      201,
      {
        id: 'image-1',
        name: '',
        description: '',
        url,
        features: [],
        expirationDate: in90Days,
        classification: 'preview',
        usedby: null,
        changed: nowText,
        created: nowText,
      },
    ]);
  });

  test('keeps what is said, and a feature that is said twice once', async () => {
    const given = {
      name: 'Ubuntu',
      description: 'Fresh',
      features: ['machine', 'firewall', 'machine'],
      expirationDate: '2027-01-02T03:04:05.678+02:00',
      classification: 'supported',
    };
    expect((await metal.create('ubuntu-small-19.04.20200408', given)).body).toMatchObject({
      ...given,
      id: 'ubuntu-small-19.04.20200408',
      features: ['firewall', 'machine'],
      expirationDate: '2027-01-02T01:04:05.678Z',
    });
  });

  test.each([
    ['null', null],
    ["Go's zero time", '0001-01-01T00:00:00.000Z'],
  ])('without an expiration date, be it %s, the image lasts 90 days', async (name, expirationDate) => {
    const id = `lasting-${name.length}`;
    expect((await metal.create(id, { expirationDate })).body.expirationDate).toBe(in90Days);
  });

  test.each([
    ['no id', { url }, 'id should not be empty'],
    ['no url', { id: 'ubuntu-1' }, 'url should not be empty'],
    ['an unknown feature', { id: 'ubuntu-1', url, features: ['machine', 'x'] }, 'unknown ImageFeatureType:x'],
    [
      'an id without a dash',
      { id: 'ubuntu', url },
      'invalid format for os image, expected <os>-<major>.<minor>[.<patch>]: ubuntu',
    ],
    ['an id without a version', { id: 'ubuntu-x', url }, 'invalid semantic version'],
    [
      'a number beyond 64 bits',
      { id: 'ubuntu-18446744073709551616', url },
      'error parsing version segment: strconv.ParseUint: parsing "18446744073709551616": value out of range',
    ],
    [
      'an unknown classification',
      { id: 'ubuntu-1', url, classification: '' },
      'given versionclassification is not valid:',
    ],
    // which of several problems is reported
    ['no id and no url', {}, 'id should not be empty'],
    ['no url and an unknown feature', { id: 'x', features: ['x'] }, 'url should not be empty'],
    ['an unknown feature and no version', { id: 'x', url, features: ['x'] }, 'unknown ImageFeatureType:x'],
    ['no version and an unknown classification', { id: 'a-b', url, classification: 'x' }, 'invalid semantic version'],
    [
      'a fault in an id that is taken',
      { id: 'image-1', url, classification: 'x' },
      'given versionclassification is not valid:x',
    ],
  ])('of %s is 400 in the words of the vendor', async (_case, body, message) => {
    expect(outcome(await metal.call('PUT', '', body))).toEqual(failure(400, message));
  });

  test('of an id that is taken is 409', async () => {
    await metal.create('taken-1');
    expect(outcome(await metal.create('taken-1'))).toEqual(
      failure(409, 'Conflict cannot create image in database, entity already exists: taken-1'),
    );
  });
});

describe('GET /v1/image/{id}', () => {
  test('returns the image with exactly this id', async () => {
    const { body } = await metal.create('exact-1.0.5', { name: 'exact' });
    expect(outcome(await metal.call('GET', '/exact-1.0.5'))).toEqual([200, body]);
  });

  test.each(['exact-1.0', 'image-999', 'find', 'Image-1', '%22'])(
    'of %s, which is no id in full, is 404',
    async (id) => {
      expect(outcome(await metal.call('GET', `/${id}`))).toEqual(noImage(decodeURIComponent(id)));
    },
  );
});

describe('POST /v1/image', () => {
  const update = (body: object) => metal.call('POST', '', body);

  test('changes what is given and returns 200', async () => {
    const { body } = await metal.create('changed-1', { name: 'a', description: 'b', features: ['machine'] });
    const change = {
      name: 'c',
      description: '',
      url: 'https://images.example/other',
      features: ['firewall'],
      classification: 'deprecated',
      expirationDate: '2030-01-01T00:00:00Z',
    };
    const expected = { ...body, ...change, changed: changedOnce };
    expect(outcome(await update({ id: 'changed-1', ...change }))).toEqual([200, expected]);
    expect((await metal.call('GET', '/changed-1')).body).toEqual(expected);
  });

  test.each([
    ['absent', {}],
    ['null', { name: null, description: null, url: null, features: null, classification: null, expirationDate: null }],
    ['empty, of features', { features: [] }],
  ])('keeps what is %s', async (name, change) => {
    const id = `keeping-${name.length}`;
    const { body } = await metal.create(id, { name: 'a', features: ['machine'], classification: 'supported' });
    expect((await update({ id, ...change })).body).toEqual({ ...body, changed: changedOnce });
  });

  test('stores a zero date literally', async () => {
    await metal.create('zero-1');
    await update({ id: 'zero-1', expirationDate: '0001-01-01T00:00:00Z' });
    expect((await metal.call('GET', '/zero-1')).body.expirationDate).toBe('0001-01-01T00:00:00Z');
  });

  test('ignores what a response has in addition to a request', async () => {
    const { body } = await metal.create('ignored-1');
    const sent = { ...body, usedby: ['m'], created: '2020-01-01T00:00:00Z', changed: null, os: 'x', version: 'y' };
    expect((await update(sent)).body).toEqual({ ...body, changed: changedOnce });
  });

  test('that does not say what the client read writes only the given columns', async () => {
    const { body } = await metal.create('blind-1', { name: 'a', description: 'b' });
    await update({ id: 'blind-1', name: 'newer' });
    const { changed: _changed, created: _created, usedby: _usedby, name: _name, ...sent } = body;
    expect((await update({ ...sent, description: 'mine' })).body).toMatchObject({ name: 'newer', description: 'mine' });
  });

  test.each([
    ['an unknown id', { id: 'none-1', classification: 'x' }, noImage('none-1')],
    ['no id', {}, noImage('')],
    ['an empty url', { id: 'image-1', url: '' }, failure(400, 'url should not be empty')],
    [
      'an unknown feature',
      { id: 'image-1', features: ['x'], classification: 'x' },
      failure(400, 'unknown ImageFeatureType:x'),
    ],
    [
      'an unknown classification',
      { id: 'image-1', classification: 'x' },
      failure(400, 'given versionclassification is not valid:x'),
    ],
  ])('of %s is refused in the words of the vendor', async (_case, body, expected) => {
    expect(outcome(await update(body))).toEqual(expected);
  });

  // the change has to be made before the server goes on, which SQLite's driver can; the State contract has that race on PostgreSQL
  test.runIf(onSqlite)('another change that comes between is kept, but for the columns that are given', async () => {
    let comesBetween = false;
    const other = await startTestServer(
      {},
      {
        onQuery: (sql) => {
          if (!comesBetween || !/^SELECT .*MetalImage/s.test(sql)) return;
          comesBetween = false;
          database.exec(
            `UPDATE "MetalImage" SET "revision" = "revision" + 1, "description" = 'theirs', "name" = 'theirs'`,
          );
        },
      },
    );
    const database = new Database(join(other.dataFolder, 'state.db'));
    const client = await openMetalClient(other);
    await client.create('raced-1');
    comesBetween = true;
    const { status, body } = await client.call('POST', '', { id: 'raced-1', name: 'a' });
    expect([status, body.name, body.description]).toEqual([200, 'a', 'theirs']);
    expect(comesBetween).toBe(false);
    database.close();
    await other.close();
  });
});

describe('POST /v1/image by a client that names what it read', () => {
  const conflictOf = (id: string) =>
    failure(409, `Conflict cannot update image (${id}): the entity was changed from another, please retry`);
  let count = 0;
  /** An image that was changed once since, in the same millisecond. */
  const changedSince = async () => {
    count += 1;
    const id = `read-${count}`;
    const read = await metal.create(id, { name: 'first' });
    const current = await metal.call('POST', '', { id, name: 'second' });
    return { id, read, current };
  };

  test('overwrites nothing by the `changed` of an earlier state, and updates by the present one', async () => {
    const { id, read, current } = await changedSince();
    expect(outcome(await metal.call('POST', '', { ...read.body, name: 'mine' }))).toEqual(conflictOf(id));
    expect((await metal.call('GET', `/${id}`)).body).toEqual(current.body);
    expect((await metal.call('POST', '', { ...current.body, name: 'mine' })).body.name).toBe('mine');
  });

  // 2026-06-01T12:00:00.001Z as clients write it
  test.each([
    ['metal-go', '2026-06-01T12:00:00.001Z'],
    ['Go with nanoseconds', '2026-06-01T12:00:00.001000000Z'],
    ['Go in another zone', '2026-06-01T14:00:00.001000000+02:00'],
    ['metal-python', '2026-06-01T12:00:00.001000+00:00'],
    ['Python in another zone', '2026-06-01T07:30:00.001000-04:30'],
    ['a server that keeps nanoseconds', '2026-06-01T12:00:00.001999999Z'],
    ["Go's zero time, which is none", '0001-01-01T00:00:00.000Z'],
    ['null, which is none', null],
  ])('updates by a present `changed` as %s writes it', async (_client, changed) => {
    const { id } = await changedSince();
    expect((await metal.call('POST', '', { id, name: 'mine', changed })).body).toMatchObject({ id, name: 'mine' });
  });

  test.each([
    '2026-06-01T12:00:00Z',
    '2026-06-01T12:00:00.000999Z',
    '2026-06-01T12:00:00.002Z',
    '2026-06-01T12:00:00.001000+02:00',
  ])('updates nothing by %s, which is another time', async (changed) => {
    const { id, current } = await changedSince();
    expect(outcome(await metal.call('POST', '', { id, name: 'mine', changed }))).toEqual(conflictOf(id));
    expect((await metal.call('GET', `/${id}`)).body).toEqual(current.body);
  });

  test('is refused with a `changed` that is no time', async () => {
    const { id } = await changedSince();
    expect((await metal.call('POST', '', { id, changed: 'yesterday' })).status).toBe(400);
  });

  test('overwrites nothing by the ETag of an earlier state, and updates by the present one', async () => {
    const { id, read, current } = await changedSince();
    const [stale, etag] = [read, current].map(({ headers }) => `${headers.get('etag')}`) as [string, string];
    const updateIf = (ifMatch: string) => metal.call('POST', '', { id, name: 'mine' }, { 'if-match': ifMatch });
    for (const refused of [stale, `W/${etag}`, `"x", ${stale}`, 'x', '""']) {
      expect(outcome(await updateIf(refused)), refused).toEqual(conflictOf(id));
    }
    expect((await metal.call('GET', `/${id}`)).body).toEqual(current.body);
    const updated = await updateIf(`${stale} , ${etag}`);
    expect(outcome(updated)).toEqual([200, expect.objectContaining({ name: 'mine' })]);
    expect(updated.headers.get('etag')).not.toBe(etag);
    expect((await updateIf('*')).status).toBe(200);
  });

  test('gets the ETag with every response that holds one image, and a 304 by it', async () => {
    const { id, current } = await changedSince();
    const etag = `${current.headers.get('etag')}`;
    expect(etag).toMatch(/^"[^"]+"$/);
    for (const path of [`/${id}`, `/${id}/latest`]) {
      expect((await metal.call('GET', path)).headers.get('etag')).toBe(etag);
      const again = await fetch(`${server.url}/metal/v1/image${path}`, { headers: { 'if-none-match': etag } });
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    }
    const refused = await metal.call('GET', '/none-1', undefined, { 'if-none-match': '*' });
    expect([refused.status, refused.headers.get('etag')]).toEqual([404, null]);
  });

  test('of two at once one wins, the other gets a conflict', async () => {
    const { id, current } = await changedSince();
    const results = await Promise.all(['a', 'b'].map((name) => metal.call('POST', '', { ...current.body, name })));
    expect(results.map(({ status }) => status).sort()).toEqual([200, 409]);
    const winner = results.find(({ status }) => status === 200);
    expect((await metal.call('GET', `/${id}`)).body).toEqual(winner?.body);
  });
});

describe('DELETE /v1/image/{id}', () => {
  test('returns 200 with what was deleted', async () => {
    const { body } = await metal.create('deleted-1');
    expect(outcome(await metal.call('DELETE', '/deleted-1'))).toEqual([200, body]);
    expect(outcome(await metal.call('GET', '/deleted-1'))).toEqual(noImage('deleted-1'));
    expect(outcome(await metal.call('DELETE', '/deleted-1'))).toEqual(noImage('deleted-1'));
  });

  test('of an image that machines use is 422 and names them all', async () => {
    await metal.create('used-1');
    for (const machine of ['m2', 'm1']) await setMetalImageUse(server, machine, 'used-1');
    expect(outcome(await metal.call('DELETE', '/used-1'))).toEqual(
      failure(422, 'image used-1 is in use by machines:[m1 m2]'),
    );
  });

  test('deletes an expired and a deprecated image alike', async () => {
    await metal.create('old-1', { expirationDate: '2020-01-01T00:00:00Z', classification: 'deprecated' });
    expect((await metal.call('DELETE', '/old-1')).status).toBe(200);
  });
});

describe('together with GraphQL', () => {
  test('what REST made GraphQL finds, and what GraphQL made REST', async () => {
    await metal.create('both-24.04.1', { name: 'by REST', features: ['machine'] });
    const query =
      '{ metalImage(by: { imageId: "both-24.04.1" }) { imageId name os version features classification revision } }';
    expect((await server.query(query)).data.metalImage).toEqual({
      imageId: 'both-24.04.1',
      name: 'by REST',
      os: 'both',
      version: '24.4.1',
      features: ['MACHINE'],
      classification: 'PREVIEW',
      revision: 1,
    });
    await metal.call('POST', '', { id: 'both-24.04.1', name: 'changed' });
    expect((await server.query(query)).data.metalImage).toMatchObject({ name: 'changed', revision: 2 });

    await createMetalImage(server, 'both-24.04.2', { name: 'by GraphQL', classification: 'SUPPORTED' });
    expect((await metal.call('GET', '/both-24.4/latest')).body).toMatchObject({
      id: 'both-24.04.2',
      name: 'by GraphQL',
      classification: 'supported',
    });
    await deleteMetalImage(server, 'both-24.04.2');
    expect((await metal.call('GET', '/both-24.4/latest')).body).toMatchObject({ id: 'both-24.04.1' });
  });
});
