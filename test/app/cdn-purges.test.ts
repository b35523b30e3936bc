import { createHash } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Overrides } from '../../src/app/overrides.js';
import { newGate } from '../support/gate.js';
import { graphqlClient } from '../support/graphql-client.js';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import { createMetalImage } from '../support/metal-operations.js';
import { usePostgresql } from '../support/postgresql.js';
import { readMetric } from '../support/read-metrics.js';
import { useS3Bucket } from '../support/s3-bucket.js';
import { newPhoto } from '../support/sample-images.js';
import { type SmallCdn, startSmallCdn } from '../support/small-cdn.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 60_000 });

const bucket = useS3Bucket();
const postgresql = usePostgresql();

/** Purges are repeated late, so that a test sees what the first does, and tried again soon. */
const overridesOf = (given: Overrides = {}): Overrides => ({
  purgeRepeatMs: 3_600_000,
  purgeRetryMs: () => 50,
  ...given,
});

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const variablesOf = (cdn: SmallCdn): Record<string, string> => ({
  PUBLIC_URL: cdn.url,
  CDN_TAGS: 'cache-tag',
  CDN_PURGE_URL: cdn.purgeUrl,
});

const startBehind = async (cdn: SmallCdn, variables: Record<string, string> = {}, overrides: Overrides = {}) => {
  // its links lead to the CDN, so it does not say where it listens
  const port = await freePort();
  const server = await startTestServer(
    { ...variablesOf(cdn), PORT: String(port), ...variables },
    overridesOf(overrides),
  );
  onTestFinished(() => server.close());
  const url = `http://127.0.0.1:${port}`;
  cdn.origins.push(url);
  return { ...server, ...graphqlClient(url), url };
};

/** One server on SQLite, or two on PostgreSQL and S3: writes are made on the first, and the CDN asks both. */
const installations: Record<string, (cdn: SmallCdn) => Promise<TestServer>> = {
  SQLite: (cdn) => startBehind(cdn),
  'PostgreSQL with two servers': async (cdn) => {
    const shared = { DATABASE_URL: await postgresql().createDatabase(), BLOB_STORE_URL: bucket.newUrl() };
    const first = await startBehind(cdn, shared);
    await startBehind(cdn, shared);
    return first;
  },
};

const waitFor = (expectation: () => void | Promise<void>) => vi.waitFor(expectation, { timeout: 10_000, interval: 20 });

const get = async (url: string) => {
  const response = await fetch(url);
  const body = Buffer.from(await response.arrayBuffer());
  const { status, headers } = response;
  return {
    status,
    headers,
    cache: headers.get('x-cache'),
    hash: createHash('sha256').update(body).digest('hex'),
  };
};

const purged = (cdn: SmallCdn, ...tags: string[]) =>
  waitFor(() => expect(cdn.purgedTags()).toEqual(expect.arrayContaining(tags)));
/** The first purge of an installation is of everything. */
const ready = (cdn: SmallCdn) => purged(cdn, 'images');

const setState = (server: TestServer, mutation: 'disableImage' | 'enableImage', id: string) =>
  server.query(`mutation($id: ID!) { ${mutation}(input: { id: $id }) { __typename } }`, { id });

test.each(Object.entries(installations))(
  'on %s, a client behind a CDN sees every change within seconds, and else the CDN responds by itself',
  async (_name, install) => {
    const cdn = await startSmallCdn();
    const server = await install(cdn);
    await ready(cdn);
    const { id, link, publicId } = await uploadImage(server, await newPhoto());
    const url = `${link}?size=30x20&fit=cover`;
    expect(new URL(url).origin).toBe(cdn.url);
    await purged(cdn, `image-${publicId}`);

    /** The response that the CDN keeps now; browsers keep it for minutes and never see what is for the CDN. */
    const settled = async () => {
      await waitFor(async () => expect((await get(url)).cache).toBe('HIT'));
      const { headers, hash } = await get(url);
      expect(headers.get('cache-control')).toBe('public, max-age=300, stale-while-revalidate=3600');
      for (const name of ['cdn-cache-control', 'cache-tag']) expect(headers.has(name)).toBe(false);
      return hash;
    };
    const changed = async (before: string) => {
      await waitFor(async () => expect((await get(url)).hash).not.toBe(before));
      const after = await settled();
      expect(after).not.toBe(before);
      return after;
    };

    let hash = await settled();
    await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id }, await newPhoto());
    hash = await changed(hash);
    await changeImage(server, 'updateImage', 'UpdateImageInput', { id, metadata: { focalPoint: { x: 0, y: 0 } } });
    hash = await changed(hash);
    // its URL goes on working, and no CDN decides for how long
    await setState(server, 'disableImage', id);
    await waitFor(async () => expect((await get(url)).cache).toBe('MISS'));
    expect(await get(url)).toMatchObject({ status: 200, hash, cache: 'MISS' });
    await setState(server, 'enableImage', id);
    expect(await settled()).toBe(hash);
    await deleteImage(server, id);
    await waitFor(async () => expect((await get(url)).status).toBe(404));
    expect((await get(url)).cache).toBe('MISS');
  },
);

test('what the CDN stored too late is purged by the repetition', async () => {
  const cdn = await startSmallCdn();
  const server = await startBehind(cdn, {}, { purgeRepeatMs: 1_000 });
  await ready(cdn);
  const { id, link, publicId } = await uploadImage(server, await newPhoto());
  await purged(cdn, `image-${publicId}`);
  const gate = newGate();
  cdn.onFetched = () => gate.opened;
  const late = get(link);
  await waitFor(async () => expect(await readMetric(server, 'variant_lookups_total')).toBeGreaterThan(0));
  const { length } = cdn.purges;
  await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id }, await newPhoto());
  await waitFor(() => expect(cdn.purges.length).toBeGreaterThan(length));
  gate.open();
  const { hash } = await late;
  expect(await get(link)).toMatchObject({ cache: 'HIT', hash });
  await waitFor(async () => expect((await get(link)).hash).not.toBe(hash));
});

test('each change is purged twice and no more, and changes of metal images are not', async () => {
  const cdn = await startSmallCdn();
  const server = await startBehind(cdn, {}, { purgeRepeatMs: 300 });
  await waitFor(() => expect(cdn.purgedTags()).toEqual(['images', 'images']));
  const { publicId } = await uploadImage(server, await newPhoto());
  await createMetalImage(server, 'ubuntu-24.04');
  await sleep(1_500);
  expect(cdn.purgedTags().slice(2)).toEqual([`image-${publicId}`, `image-${publicId}`]);
  expect(await readMetric(server, 'cdn_purges_total', { outcome: 'purged' })).toBe(4);
});

test('the token is sent as a bearer, and tags and token in the headers of Fastly where they are configured', async () => {
  const plain = await startSmallCdn();
  await startBehind(plain, { CDN_PURGE_TOKEN: 'secret-token' });
  await ready(plain);
  expect(plain.purges[0]?.headers).toMatchObject({
    authorization: 'Bearer secret-token',
    'content-type': 'application/json',
  });
  for (const name of ['surrogate-key', 'fastly-key']) expect(plain.purges[0]?.headers).not.toHaveProperty(name);
  const fastly = await startSmallCdn('surrogate-key');
  const server = await startBehind(fastly, { CDN_TAGS: 'surrogate-key', CDN_PURGE_TOKEN: 'secret-token' });
  await ready(fastly);
  const images = [await uploadImage(server, await newPhoto()), await uploadImage(server, await newPhoto())];
  const tags = images.map(({ publicId }) => `image-${publicId}`);
  await purged(fastly, ...tags);
  for (const { tags: sent, headers } of fastly.purges) {
    expect(headers).toMatchObject({ 'surrogate-key': sent.join(' '), 'fastly-key': 'secret-token' });
  }
});

test('a CDN that fails, redirects or hangs costs nobody anything, and gets all tags when it works again', async () => {
  const cdn = await startSmallCdn();
  const lines: string[] = [];
  const server = await startBehind(
    cdn,
    { CDN_PURGE_TOKEN: 'secret-token', LOG_LEVEL: 'error' },
    { logStream: { write: (line) => lines.push(line) } },
  );
  await ready(cdn);
  const tags: string[] = [];
  const hanging: { destroy(): void }[] = [];
  for (const refuse of [
    (response) => void response.writeHead(503).end(),
    (response) => void response.writeHead(307, { location: `${cdn.url}/elsewhere` }).end(),
    (response) => void response.socket?.destroy(),
    (response) => void hanging.push(response),
  ] as NonNullable<SmallCdn['refuse']>[]) {
    const { length } = cdn.purges;
    cdn.refuse = refuse;
    const { publicId, link } = await uploadImage(server, await newPhoto());
    tags.push(`image-${publicId}`);
    await waitFor(() => expect(cdn.purges.length).toBeGreaterThan(length));
    expect((await get(link)).status).toBe(200);
  }
  expect(await readMetric(server, 'cdn_purge_pending_seconds')).toBeGreaterThan(0);
  expect(lines.join('')).toContain('the CDN was not purged');
  expect(lines.join('')).not.toContain('secret-token');
  cdn.refuse = undefined;
  const { length } = cdn.purges;
  for (const response of hanging) response.destroy();
  await waitFor(() => expect(cdn.purges.slice(length).flatMap((purge) => purge.tags)).toEqual(tags));
  await waitFor(async () => expect(await readMetric(server, 'cdn_purge_pending_seconds')).toBe(0));
});

/** A server on this folder, whose CDN is down: what it is to purge has to survive it. */
const startTwice = async (cdn: SmallCdn, inBetween: (databasePath: string) => void, overrides: Overrides = {}) => {
  const folder = { DATA_DIR: await useTempFolder(), CHANGE_RETENTION_DAYS: '1' };
  const before = await startBehind(cdn, folder, { purgeRepeatMs: 100 });
  await waitFor(() => expect(cdn.purgedTags()).toEqual(['images', 'images']));
  cdn.refuse = (response) => void response.writeHead(500).end();
  const { publicId } = await uploadImage(before, await newPhoto());
  await waitFor(() => expect(cdn.purges.length).toBeGreaterThan(2));
  await before.app.close();
  cdn.origins.pop();
  inBetween(join(folder.DATA_DIR, 'state.db'));
  const server = await startBehind(cdn, folder, overrides);
  return { server, publicId, tagsSoFar: cdn.purgedTags().length };
};

test('what was not purged when the server stopped is purged after its start, and nothing else', async () => {
  const cdn = await startSmallCdn();
  const { publicId } = await startTwice(cdn, () => undefined);
  cdn.refuse = undefined;
  await purged(cdn, `image-${publicId}`);
  await sleep(500);
  expect(new Set(cdn.purgedTags().slice(2))).toEqual(new Set([`image-${publicId}`]));
});

test('everything is purged if changes expired before they could be', async () => {
  const cdn = await startSmallCdn();
  const { server, publicId, tagsSoFar } = await startTwice(cdn, () => undefined, {
    now: () => new Date(Date.now() + 48 * 3_600_000),
  });
  await uploadImage(server, await newPhoto());
  const oldestOf = async () => {
    const { data } = await server.query(
      'query($id: UUID!) { changes(accountId: $id) { nodes { image { publicId } } } }',
      {
        id: accountId,
      },
    );
    return data.changes.nodes[0].image.publicId;
  };
  // the upkeep of the second start has expired it, or the next one does
  if ((await oldestOf()) === publicId) await server.app.images.expireChanges();
  expect(await oldestOf()).not.toBe(publicId);
  cdn.refuse = undefined;
  await waitFor(() => expect(cdn.purgedTags().slice(tagsSoFar)).toContain('images'));
});

/** As many changes of as many images, whose public ids are their numbers. */
const addChanges =
  (count: number) =>
  (path: string): void => {
    const database = new Database(path);
    database.exec(`WITH RECURSIVE "row"("n") AS (SELECT 1 UNION ALL SELECT "n" + 1 FROM "row" WHERE "n" < ${count})
      INSERT INTO "Change" ("occurredOn", "kind", "imageId", "accountId", "publicId")
      SELECT ${Date.now()}, 'UPDATED', 'i' || "n", '${accountId}', printf('%021d', "n") FROM "row"`);
    database.close();
  };

test('everything is purged if more changes wait than are purged one by one', async () => {
  const cdn = await startSmallCdn();
  const { tagsSoFar } = await startTwice(cdn, addChanges(10_001));
  cdn.refuse = undefined;
  await sleep(1_000);
  expect(cdn.purgedTags().slice(tagsSoFar)).toEqual(expect.arrayContaining(['images']));
  expect(new Set(cdn.purgedTags().slice(tagsSoFar))).toEqual(new Set(['images']));
});

test('many changes are purged by few requests of at most 30 tags', async () => {
  const cdn = await startSmallCdn();
  const { tagsSoFar } = await startTwice(cdn, addChanges(100));
  cdn.refuse = undefined;
  const wanted = Array.from({ length: 100 }, (_, index) => `image-${String(index + 1).padStart(21, '0')}`);
  await waitFor(() => expect(cdn.purgedTags().slice(tagsSoFar)).toEqual(expect.arrayContaining(wanted)));
  for (const { tags } of cdn.purges) expect(tags.length).toBeLessThanOrEqual(30);
});

test('one server of PostgreSQL purges at a time, and another one continues with what it left', async () => {
  const cdn = await startSmallCdn();
  const shared = { DATABASE_URL: await postgresql().createDatabase(), BLOB_STORE_URL: bucket.newUrl() };
  const first = await startBehind(cdn, shared, { purgeRepeatMs: 100 });
  await waitFor(() => expect(cdn.purgedTags()).toEqual(['images', 'images']));
  const second = await startBehind(cdn, shared, { purgeRepeatMs: 100 });
  const heard = await uploadImage(second, await newPhoto());
  const tag = `image-${heard.publicId}`;
  await waitFor(() => expect(cdn.purgedTags().slice(2)).toEqual([tag, tag]));
  // the position is noted after the second purge
  await sleep(500);
  cdn.refuse = (response) => void response.writeHead(500).end();
  const { publicId } = await uploadImage(first, await newPhoto());
  await waitFor(() => expect(cdn.purges.length).toBeGreaterThan(4));
  await first.app.close();
  cdn.refuse = undefined;
  const { length } = cdn.purges;
  await waitFor(() => expect(cdn.purges.slice(length)).toHaveLength(2));
  expect(cdn.purges.slice(length).map(({ tags }) => tags)).toEqual([[`image-${publicId}`], [`image-${publicId}`]]);
});
