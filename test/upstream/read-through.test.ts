import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Overrides } from '../../src/app/overrides.js';
import { defaultLimits } from '../../src/domain/limits.js';
import {
  type ForeignApi,
  gleanToken,
  type MoovImage,
  metalImage,
  metalKey,
  moovImage,
  moovImages,
  moovKeys,
  startGlean,
  startMetal,
  startMoov,
} from '../support/foreign-apis.js';
import { deleteImage, uploadImage } from '../support/image-operations.js';
import { basic, bearer, makeKey } from '../support/keys.js';
import { readMetric } from '../support/read-metrics.js';
import { plainPng } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 60_000 });

const otherAccount = '11111111-1111-4111-8111-111111111111';

const credentials = {
  UPSTREAM_MOOV_PUBLIC_KEY: moovKeys.publicKey,
  UPSTREAM_MOOV_SECRET_KEY: moovKeys.secretKey,
  UPSTREAM_METAL_HMAC_KEY: metalKey,
  UPSTREAM_GLEAN_TOKEN: gleanToken,
};

const startServer = async (variables: Record<string, string>, overrides: Overrides = {}): Promise<TestServer> => {
  const server = await startTestServer({ ...credentials, ...variables }, overrides);
  onTestFinished(() => server.close());
  return server;
};

const inFrontOf = ({ url }: { url: string }) => ({ UPSTREAM_MOOV: url, UPSTREAM_MOOV_ACCOUNTS: accountId });

/** Through Moov's own route. */
const getImage = async ({ url }: { url: string }, imageId: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${url}/accounts/${accountId}/images/${imageId}`, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const getPublic = async ({ url }: { url: string }, publicId: string) => {
  const response = await fetch(`${url}/images/${publicId}?size=8x8`);
  await response.arrayBuffer();
  return response.status;
};

const byImageId = (id: string) => `{ image(by: { imageId: "${id}" }) { imageId publicId metadata { altText } } }`;
const byPublicId = (id: string) => `{ image(by: { publicId: "${id}" }) { imageId } }`;
const byMetalId = (id: string) => `{ metalImage(by: { imageId: "${id}" }) { imageId name createdOn } }`;
const lookups = (server: TestServer, outcome: string, api = 'moov') =>
  readMetric(server, 'upstream_lookups_total', { api, outcome });

/** A clock that a test moves. */
const movableClock = () => {
  let aheadMs = 0;
  return { now: () => new Date(Date.now() + aheadMs), pass: (seconds: number) => (aheadMs += seconds * 1_000) };
};

const spooledFiles = async ({ dataFolder }: TestServer) =>
  (await readdir(join(dataFolder, 'tmp'))).filter((name) => name.endsWith('.upload'));

test('the first response for an image that only Moov has comes from Moov, the second from here, by each of its ids', async () => {
  const images = await moovImages(4);
  const [byRoute, byId, byPublic, delivered] = images as [MoovImage, MoovImage, MoovImage, MoovImage];
  byId.altText = 'Ein rotes Fahrrad';
  const moov = await startMoov(accountId, images);
  const server = await startServer(inFrontOf(moov));
  const lookUpAll = async () => [
    await getImage(server, byRoute.imageID),
    (await server.query(byImageId(byId.imageID))).data.image,
    (await server.query(byPublicId(byPublic.publicID))).data.image,
    await getPublic(server, delivered.publicID),
  ];
  const first = await lookUpAll();
  const { imageID, publicID, createdOn, updatedOn } = byRoute;
  expect(first).toEqual([
    { status: 200, body: expect.objectContaining({ imageID, publicID, createdOn, updatedOn }) },
    { imageId: byId.imageID, publicId: byId.publicID, metadata: { altText: 'Ein rotes Fahrrad' } },
    { imageId: byPublic.imageID },
    200,
  ]);
  expect(moov.requests.filter((path) => path.startsWith('/images/'))).toHaveLength(4);
  moov.requests.length = 0;
  moov.intercept = (_, response) => Boolean(response.writeHead(500).end());
  expect(await lookUpAll()).toEqual(first);
  expect(moov.requests).toEqual([]);
  expect(await lookups(server, 'hit')).toBe(5); // with the list of public ids
  expect(await readMetric(server, 'upstream_lookup_seconds_count', { api: 'moov' })).toBe(5);
  expect(await readMetric(server, 'uploads_total')).toBe(0);
});

test('what metal-stack and Glean have comes through their routes and GraphQL, once', async () => {
  const [first, second] = ['ubuntu-24.04.20260101', 'debian-12.0.20260101'] as const;
  const metal = await startMetal([metalImage(first), metalImage(second)]);
  const key = Buffer.from('{"type":"UGC","id":"0","cid":"a/b","ext":".png"}').toString('base64');
  const glean = await startGlean([
    { query: { key }, bytes: await plainPng({ width: 9, height: 9 }, [1, 1, 1]) },
    { query: { type: 'USER', id: '42' }, bytes: await plainPng({ width: 8, height: 8 }, [2, 2, 2]) },
  ]);
  const server = await startServer({
    UPSTREAM_METAL: `${metal.url}/metal`,
    UPSTREAM_GLEAN: glean.url,
    GLEAN_ACCOUNT_ID: accountId,
  });
  const address = `{ image(by: { address: { accountId: "${accountId}", type: USER, entityId: "42" } }) { width } }`;
  const lookUpAll = async () => {
    const byKey = await fetch(`${server.url}/rest/api/v1/images?key=${encodeURIComponent(key)}`);
    await byKey.arrayBuffer();
    return [
      (await (await fetch(`${server.url}/metal/v1/image/${first}`)).json()) as unknown,
      (await server.query(byMetalId(second))).data.metalImage,
      [byKey.status, byKey.headers.get('content-type')],
      (await server.query(address)).data.image,
    ];
  };
  const found = await lookUpAll();
  expect(found).toEqual([
    expect.objectContaining({ id: first, created: '2021-02-03T02:05:06.123Z' }),
    { imageId: second, name: `Name of ${second}`, createdOn: '2021-02-03T02:05:06.123Z' },
    [200, 'image/png'],
    { width: 8 },
  ]);
  expect([metal.requests.length, glean.requests.length]).toEqual([2, 2]);
  expect(await lookUpAll()).toEqual(found);
  expect([metal.requests.length, glean.requests.length]).toEqual([2, 2]);
  // shortened ids and lists are those of what is here
  const lists = `{ latestMetalImage(imageId: "alma-9") { imageId } matchingMetalImages(imageId: "alma-9") { imageId }
    metalImages { totalCount } images(accountId: "${accountId}") { totalCount } nodes(ids: ["none"]) { id } }`;
  expect((await server.query(lists)).data).toMatchObject({ latestMetalImage: null, metalImages: { totalCount: 2 } });
  await fetch(`${server.url}/metal/v1/image/alma-9.4/latest`);
  await fetch(`${server.url}/metal/v1/image/no%20version`);
  expect([metal.requests.length, glean.requests.length]).toEqual([2, 2]);
});

test('our own server is such an API too, also for public ids that no list but its own has', async () => {
  const source = await startTestServer();
  onTestFinished(() => source.close());
  const uploaded = await uploadImage(source, await plainPng({ width: 20, height: 10 }, [5, 6, 7]), { altText: 'five' });
  await source.query(`mutation { createMetalImage(input: {
    imageId: "alma-9.4.20260101", url: "http://images.example.com/a" }) { __typename } }`);
  const server = await startServer({ ...inFrontOf(source), UPSTREAM_METAL: `${source.url}/metal` });
  expect(await getPublic(server, uploaded.publicId)).toBe(200);
  expect((await server.query(byImageId(uploaded.imageId))).data.image).toEqual({
    imageId: uploaded.imageId,
    publicId: uploaded.publicId,
    metadata: { altText: 'five' },
  });
  expect((await server.query(byMetalId('alma-9.4.20260101'))).data.metalImage).toMatchObject({
    imageId: 'alma-9.4.20260101',
  });
});

test('those who look for the same image at the same time cost one lookup', async () => {
  const [image] = (await moovImages(1)) as [MoovImage];
  const moov = await startMoov(accountId, [image]);
  const server = await startServer(inFrontOf(moov));
  const responses = await Promise.all([
    ...Array.from({ length: 20 }, async () => (await getImage(server, image.imageID)).status),
    ...Array.from({ length: 20 }, () => getPublic(server, image.publicID)),
  ]);
  expect(new Set(responses)).toEqual(new Set([200]));
  const paths = moov.requests.map((path) => path.split('?')[0]).sort();
  expect(paths).toEqual(
    [
      `/accounts/${accountId}/images`,
      `/accounts/${accountId}/images`,
      `/accounts/${accountId}/images/${image.imageID}`,
      `/images/${image.publicID}`,
    ].sort(),
  );
});

test('what is not there is looked for once a minute', async () => {
  const images = await moovImages(1);
  const moov = await startMoov(accountId, images);
  const clock = movableClock();
  const server = await startServer(inFrontOf(moov), { now: clock.now });
  const late = await moovImage(7);
  const missing = async () => [(await getImage(server, late.imageID)).status, await getPublic(server, late.publicID)];
  expect(await missing()).toEqual([404, 404]);
  const { length } = moov.requests;
  images.push(late);
  for (let count = 0; count < 5; count += 1) expect(await missing()).toEqual([404, 404]);
  expect(moov.requests).toHaveLength(length);
  expect([await lookups(server, 'miss'), await lookups(server, 'remembered')]).toEqual([1, 5]);
  clock.pass(defaultLimits.upstreamMissSeconds);
  expect(await missing()).toEqual([200, 200]);
});

test('an API that never responds costs the time of a lookup, and nothing of what is here', async () => {
  const moov = await startMoov(accountId, []);
  const server = await startServer(inFrontOf(moov));
  const own = await uploadImage(server, await plainPng({ width: 20, height: 20 }, [1, 2, 3]));
  moov.intercept = () => true;
  let settled = 0;
  const lost = Array.from({ length: 60 }, async () => {
    const { status } = await getImage(server, randomUUID());
    settled += 1;
    return status;
  });
  await vi.waitFor(() => expect(moov.requests).toHaveLength(defaultLimits.upstreamLookups));
  for (let count = 0; count < 50; count += 1) {
    expect(await getPublic(server, own.publicId)).toBe(200);
    expect((await server.query(byImageId(own.imageId))).data.image.imageId).toBe(own.imageId);
  }
  await uploadImage(server, await plainPng({ width: 21, height: 20 }, [1, 2, 3]));
  // all of that while everyone who asks for what is not here waits
  expect(settled).toBe(0);
  const beganAt = performance.now();
  expect(new Set(await Promise.all(lost))).toEqual(new Set([404]));
  expect(performance.now() - beganAt).toBeLessThan(defaultLimits.upstreamLookupSeconds * 1_000 + 2_000);
  // those that waited had a turn only until it was found to be down
  expect(await lookups(server, 'failure')).toBeLessThan(2 * defaultLimits.upstreamLookups);
  // it is left alone now
  const { length } = moov.requests;
  expect((await getImage(server, randomUUID())).status).toBe(404);
  expect(moov.requests).toHaveLength(length);
});

const half = (response: ServerResponse, type: string) =>
  response.writeHead(200, { 'content-type': type, 'content-length': 10_000 }).write(Buffer.alloc(100, 32));

/** Sends for as long as the connection is there. */
const endless = (response: ServerResponse, type: string): boolean => {
  response.writeHead(200, { 'content-type': type });
  const send = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
  };
  response.on('drain', send);
  send();
  return true;
};

type Misbehaviour = (response: ServerResponse, path: string) => unknown;
const isFile = (path: string) => path.startsWith('/images/');

const misbehaviours: Record<string, Misbehaviour> = {
  'closes the connection': (response) => response.destroy(),
  'sends half a header': (response) => response.socket?.write('HTTP/1.1 200 OK\r\ncontent-ty'),
  'sends half the metadata': (response, path) => !isFile(path) && half(response, 'application/json'),
  'sends half the file': (response, path) => isFile(path) && half(response, 'image/png'),
  'never ends its metadata': (response, path) => !isFile(path) && endless(response, 'application/json'),
  'never ends its file': (response, path) => isFile(path) && endless(response, 'image/png'),
  'sends no JSON': (response, path) =>
    !isFile(path) && response.writeHead(200, { 'content-type': 'application/json' }).end('{"imageID":'),
  'sends JSON of another type': (response, path) =>
    !isFile(path) && response.writeHead(200, { 'content-type': 'text/html' }).end('{}'),
  'sends metadata of something else': (response, path) =>
    !isFile(path) && response.writeHead(200, { 'content-type': 'application/json' }).end('[{"a":1}]'),
  'sends a page instead of the file': (response, path) =>
    isFile(path) && response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  'sends a file that is no image': (response, path) =>
    isFile(path) && response.writeHead(200, { 'content-type': 'image/png' }).end('no image at all'),
  'redirects elsewhere': (response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
  fails: (response) => response.writeHead(500).end(),
  'refuses the credentials': (response) => response.writeHead(401).end(),
};

test.each(Object.entries(misbehaviours))(
  'an API that %s gives what an unknown id gives, and leaves nothing',
  async (_name, misbehave) => {
    const [image, other] = (await moovImages(2)) as [MoovImage, MoovImage];
    const moov = await startMoov(accountId, [image, other]);
    const server = await startServer(inFrontOf(moov));
    moov.intercept = ({ url = '' }, response) => Boolean(misbehave(response, url));
    expect(await getImage(server, image.imageID)).toEqual({ status: 404, body: { error: expect.any(String) } });
    expect(await server.query(byImageId(image.imageID))).toEqual({ status: 200, data: { image: null } });
    expect(await lookups(server, 'failure')).toBe(1);
    await vi.waitFor(async () => expect(await spooledFiles(server)).toEqual([]));
    expect((await server.query(`{ images(accountId: "${accountId}") { totalCount } }`)).data.images.totalCount).toBe(0);
  },
);

test('an API that responds with another image than it was asked for is not believed', async () => {
  const [image, other] = (await moovImages(2)) as [MoovImage, MoovImage];
  const moov = await startMoov(accountId, [image]);
  const metal = await startMetal([metalImage('debian-12.0.20260101')]);
  const server = await startServer({ ...inFrontOf(moov), UPSTREAM_METAL: `${metal.url}/metal` });
  const { bytes: _, ...wire } = other;
  moov.intercept = (_request, response) =>
    Boolean(response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(wire)));
  metal.intercept = (_request, response) =>
    Boolean(
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(metalImage('debian-12.0.20260101'))),
    );
  expect((await getImage(server, image.imageID)).status).toBe(404);
  expect((await server.query(byMetalId('alma-9.4.20260101'))).data.metalImage).toBeNull();
  moov.intercept = () => false;
  const counts = `{ images(accountId: "${accountId}") { totalCount } metalImages { totalCount } }`;
  expect((await server.query(counts)).data).toEqual({ images: { totalCount: 0 }, metalImages: { totalCount: 0 } });
});

test('429 pauses the lookups for the time that Retry-After asks for', async () => {
  const images = await moovImages(2);
  const [refused, other] = images as [MoovImage, MoovImage];
  const moov = await startMoov(accountId, images);
  const clock = movableClock();
  const server = await startServer(inFrontOf(moov), { now: clock.now });
  moov.intercept = (_, response) => Boolean(response.writeHead(429, { 'retry-after': '30' }).end());
  expect((await getImage(server, refused.imageID)).status).toBe(404);
  moov.intercept = () => false;
  const { length } = moov.requests;
  clock.pass(29);
  expect((await getImage(server, other.imageID)).status).toBe(404);
  expect(moov.requests).toHaveLength(length);
  expect(await lookups(server, 'skipped')).toBe(1);
  clock.pass(2);
  // it was skipped, and so is no miss
  expect((await getImage(server, other.imageID)).status).toBe(200);
});

test('what was deleted here is not brought back, and what is disabled stays so, after a restart too', async () => {
  const images = await moovImages(2);
  const [gone, disabled] = images as [MoovImage, MoovImage];
  const ids = ['ubuntu-24.04.20260101', 'alma-9.4.20260101', 'alma-9.5.20260101'] as const;
  const moov = await startMoov(accountId, images);
  const metal = await startMetal(ids.map((id) => metalImage(id, { expirationDate: '2021-01-01T00:00:00Z' })));
  const glean = await startGlean([
    { query: { type: 'USER', id: '42' }, bytes: await plainPng({ width: 8, height: 8 }, [2, 2, 2]) },
    { query: { type: 'USER', id: '43' }, bytes: await plainPng({ width: 8, height: 8 }, [3, 2, 2]) },
  ]);
  const folder = await useTempFolder();
  const variables = {
    ...inFrontOf(moov),
    UPSTREAM_METAL: `${metal.url}/metal`,
    UPSTREAM_GLEAN: glean.url,
    GLEAN_ACCOUNT_ID: accountId,
    DATA_DIR: folder,
  };
  const user = (id: string) =>
    `{ image(by: { address: { accountId: "${accountId}", type: USER, entityId: "${id}" } }) { id } }`;
  const first = await startTestServer({ ...credentials, ...variables });
  const globalId = async (query: string) => (await first.query(query)).data.image.id as string;
  await deleteImage(first, await globalId(`{ image(by: { imageId: "${gone.imageID}" }) { id } }`));
  await deleteImage(first, await globalId(user('42')));
  // one of our own at an address that Glean has too
  await first.upload(
    `mutation($file: File!) { uploadAddressedImage(input: { accountId: "${accountId}", file: $file,
      address: { type: USER, entityId: "43" } }) { __typename } }`,
    { file: null },
    { file: await plainPng({ width: 7, height: 7 }, [9, 9, 9]) },
  );
  await deleteImage(first, await globalId(user('43')));
  await getImage(first, disabled.imageID);
  await fetch(`${first.url}/accounts/${accountId}/images/${disabled.imageID}`, { method: 'DELETE' });
  for (const id of ids) expect((await first.query(byMetalId(id))).data.metalImage).toMatchObject({ imageId: id });
  await first.query(`mutation { deleteMetalImage(input: { imageId: "${ids[0]}" }) { __typename } }`);
  await first.query('mutation { deleteOrphanMetalImages(dryRun: false) { __typename } }');
  await first.app.close();
  const server = await startServer(variables);
  expect((await getImage(server, gone.imageID)).status).toBe(404);
  expect(await getPublic(server, gone.publicID)).toBe(404);
  expect((await server.query(user('42'))).data.image).toBeNull();
  expect((await server.query(user('43'))).data.image).toBeNull();
  expect((await server.query(byMetalId(ids[0]))).data.metalImage).toBeNull();
  expect((await server.query(byMetalId(ids[1]))).data.metalImage).toBeNull();
  expect((await getImage(server, disabled.imageID)).body).toMatchObject({ disabledOn: expect.any(String) });
  // only the list of public ids
  expect(moov.requests.filter((path) => path.includes(gone.imageID))).toHaveLength(1);
});

test('a caller who may not read the account makes the server ask nobody', async () => {
  const images = await moovImages(2);
  const [image, own] = images as [MoovImage, MoovImage];
  const moov = await startMoov(accountId, images);
  const metal = await startMetal([metalImage('alma-9.4.20260101')]);
  const glean = await startGlean([
    { query: { type: 'USER', id: '42' }, bytes: await plainPng({ width: 8, height: 8 }, [2, 2, 2]) },
  ]);
  const server = await startServer({
    ...inFrontOf(moov),
    UPSTREAM_METAL: `${metal.url}/metal`,
    UPSTREAM_GLEAN: glean.url,
    GLEAN_ACCOUNT_ID: accountId,
    AUTH: 'keys',
  });
  const stranger = await makeKey(server, { account: otherAccount, scopes: ['images.read'] });
  const writer = await makeKey(server, { account: accountId, scopes: ['images.write'] });
  const user = `{ image(by: { address: { accountId: "${accountId}", type: USER, entityId: "42" } }) { id } }`;
  for (const headers of [{}, bearer(stranger), bearer(writer)] as Record<string, string>[]) {
    expect((await getImage(server, image.imageID, headers)).status).toBeGreaterThanOrEqual(401);
    for (const query of [byPublicId(image.publicID), byMetalId('alma-9.4.20260101'), user]) {
      const { data } = await server.query(query, {}, headers);
      expect(Object.values(data ?? { none: null })).toEqual([null]);
    }
    await fetch(`${server.url}/metal/v1/image/alma-9.4.20260101`, { headers });
    await fetch(`${server.url}/rest/api/v1/images?type=USER&id=42`, { headers });
    await fetch(`${server.url}/api/v1/images?type=USER&id=42`, { headers });
  }
  expect([moov.requests, metal.requests, glean.requests]).toEqual([[], [], []]);
  // the stranger's key reads images of its own account only, which Moov does not have under this server's credentials
  expect((await server.query(byImageId(image.imageID), {}, bearer(stranger))).data.image).toBeNull();
  expect(moov.requests).toEqual([`/accounts/${otherAccount}/images/${image.imageID}`]);
  const reader = await makeKey(server, { account: accountId, scopes: ['images.read'] });
  expect((await getImage(server, own.imageID, basic(reader))).status).toBe(200);
});

test('a flood of invented ids costs a bounded number of requests, and keeps the images of others from nobody', async () => {
  const images = await moovImages(2);
  const [image, other] = images as [MoovImage, MoovImage];
  const moov = await startMoov(accountId, images);
  const server = await startServer({ ...inFrontOf(moov), AUTH: 'keys', RATE_LIMIT_MAX: '0' });
  const flooder = await makeKey(server, { account: accountId, scopes: ['images.read'] });
  const reader = await makeKey(server, { account: accountId, scopes: ['images.read'] });
  const flood = (count: number, send: () => Promise<unknown>) => Promise.all(Array.from({ length: count }, send));
  await flood(300, () => getPublic(server, randomUUID().replaceAll('-', '').slice(0, 21)));
  // the list of public ids, to its end
  expect(moov.requests).toHaveLength(2);
  for (let count = 0; count < 6; count += 1) {
    await flood(50, () => getImage(server, randomUUID(), bearer(flooder)));
  }
  const { upstreamMissesPerClient, upstreamLookups } = defaultLimits;
  expect(moov.requests.length).toBeGreaterThanOrEqual(upstreamMissesPerClient);
  expect(moov.requests.length).toBeLessThanOrEqual(2 + upstreamMissesPerClient + upstreamLookups);
  expect((await getImage(server, image.imageID, bearer(reader))).status).toBe(200);
  expect(await getPublic(server, other.publicID)).toBe(200);
});

test('an image of the account that has the same bytes, or is refused, stays alone', async () => {
  const [twice] = (await moovImages(1)) as [MoovImage];
  const moov = await startMoov(accountId, [twice]);
  const server = await startServer(inFrontOf(moov));
  const own = await uploadImage(server, twice.bytes);
  expect((await getImage(server, twice.imageID)).status).toBe(404);
  const { data } = await server.query(`{ images(accountId: "${accountId}") { nodes { imageId } } }`);
  expect(data.images.nodes).toEqual([{ imageId: own.imageId }]);
});

test('a server that stops waits for no API', async () => {
  const moov: ForeignApi = await startMoov(accountId, []);
  const server = await startServer(inFrontOf(moov));
  moov.intercept = () => true;
  const waiting = getImage(server, randomUUID());
  await vi.waitFor(() => expect(moov.requests).toHaveLength(1));
  const beganAt = performance.now();
  await server.app.close();
  expect(performance.now() - beganAt).toBeLessThan((defaultLimits.upstreamLookupSeconds * 1_000) / 2);
  expect((await waiting).status).toBe(404);
});
