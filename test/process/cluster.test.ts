import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openEventStream } from '../support/event-stream.js';
import { moovImages, moovKeys, startMoov } from '../support/foreign-apis.js';
import { startFreezingProxy } from '../support/freezing-proxy.js';
import { type GraphqlClient, graphqlClient } from '../support/graphql-client.js';
import { deleteImage, uploadImage } from '../support/image-operations.js';
import { usePostgresql } from '../support/postgresql.js';
import { runTool } from '../support/run-tool.js';
import { useS3Bucket } from '../support/s3-bucket.js';
import { newPhoto } from '../support/sample-images.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';
import { createWebhook } from '../support/webhook-operations.js';
import { startWebhookReceiver } from '../support/webhook-receiver.js';

vi.setConfig({ testTimeout: 120_000 });

const bucket = useS3Bucket();
const postgresql = usePostgresql();

type Server = ServerProcess & GraphqlClient;

/** Servers of one installation: one database, one bucket, and a scratch folder each. */
const startServers = async (count: number, variables: Record<string, string> = {}) => {
  const shared = {
    DATABASE_URL: `${await postgresql().createDatabase()}?connection_limit=5`,
    BLOB_STORE_URL: bucket.newUrl(),
    AWS_ACCESS_KEY_ID: process.env['AWS_ACCESS_KEY_ID'] ?? '',
    AWS_SECRET_ACCESS_KEY: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const start = async (own: Record<string, string> = {}): Promise<Server> => {
    const server = await startServerProcess({ ...shared, DATA_DIR: await useTempFolder(), ...variables, ...own });
    return { ...server, ...graphqlClient(server.url) };
  };
  const servers = await Promise.all(Array.from({ length: count }, () => start()));
  return { servers: servers as [Server, Server, Server], start, shared, databaseUrl: shared.DATABASE_URL };
};

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const original = async (server: Server, imageId: string): Promise<string> => {
  const response = await fetch(`${server.url}/accounts/${accountId}/images/${imageId}/original`);
  return hashOf(new Uint8Array(await response.arrayBuffer()));
};

const publicImage = async (server: Server, publicId: string, version?: number) => {
  const response = await fetch(`${server.url}/images/${publicId}${version ? `?v=${version}` : ''}`);
  await response.arrayBuffer();
  const { status, headers } = response;
  return { status, etag: headers.get('etag'), cacheControl: headers.get('cache-control') };
};

/** The image, the error of the mutation, or the code of a refusal. */
const replace = async (server: Server, id: string, bytes: Uint8Array) => {
  const { data, errors } = await server.upload(
    `mutation($input: ReplaceImageInput!) { replaceImage(input: $input) {
      __typename ... on ReplaceImagePayload { image { __typename version } } ... on Error { code } } }`,
    { input: { id, file: null } },
    { 'input.file': bytes },
  );
  return data?.replaceImage?.image ?? data?.replaceImage ?? { code: errors?.[0]?.extensions?.code };
};

const watch = async (server: Server, lastEventId?: string) => {
  const stream = await openEventStream(
    server,
    `subscription { imageChanged(accountId: "${accountId}") { cursor kind changedId } }`,
    {},
    lastEventId ? { 'last-event-id': lastEventId } : {},
  );
  onTestFinished(() => stream.close());
  return () => stream.next();
};

test('a new version is served by the other servers at once, and no URL of it ever shows the old image', async () => {
  const { servers } = await startServers(2);
  const [first, second] = servers;
  const { id, publicId } = await uploadImage(first, await newPhoto());
  for (let version = 2; version <= 12; version += 1) {
    const old = await publicImage(second, publicId);
    await publicImage(second, publicId, version - 1);
    const image = await replace(first, id, await newPhoto());
    expect(image.version).toBe(version);
    const served = await publicImage(second, publicId, version);
    expect(served).toMatchObject({ status: 200, cacheControl: expect.stringContaining('immutable') });
    expect(served.etag).not.toBe(old.etag);
    await expect.poll(async () => (await publicImage(second, publicId)).etag).toBe(served.etag);
  }
  // a version that does not exist is never kept by a cache
  expect(await publicImage(second, publicId, 99)).toMatchObject({ status: 200, cacheControl: 'no-store' });
});

test('the same bytes raced on three servers are one image, and 200 replacements at once all count', async () => {
  const { servers } = await startServers(3);
  const bytes = await newPhoto();
  const results = await Promise.all([...servers, ...servers].map((server) => uploadImage(server, bytes)));
  const won = results.filter((result) => result.__typename === 'Image');
  expect(won).toHaveLength(1);
  expect(results.filter((result) => result.__typename === 'DuplicateImageError')).toHaveLength(5);

  const { id, imageId } = won[0];
  const photos = await Promise.all(Array.from({ length: 200 }, () => newPhoto()));
  const outcomes = await Promise.all(
    photos.map(async (photo, index) => ({
      hash: hashOf(photo),
      result: await replace(servers[index % 3] as Server, id, photo),
    })),
  );
  const replaced = outcomes.filter(({ result }) => result.__typename === 'Image');
  expect(replaced.length).toBeGreaterThan(0);
  // whatever is refused is refused because others were faster, or too many
  for (const { result } of outcomes)
    if (!replaced.some((one) => one.result === result)) expect(result.code).toMatch(/^(?:CONFLICT|UNAVAILABLE)$/);
  const versions = replaced.map(({ result }) => result.version).sort((a, b) => a - b);
  expect(versions).toEqual(versions.map((_, index) => index + 2));
  const last = replaced.find(({ result }) => result.version === replaced.length + 1);
  for (const server of servers) expect(await original(server, imageId)).toBe(last?.hash);
});

test('a server that is killed during uploads loses nothing that it acknowledged', async () => {
  const { servers } = await startServers(2);
  const [doomed, other] = servers;
  const acknowledged: { imageId: string; hash: string }[] = [];
  const uploading = Array.from({ length: 6 }, async () => {
    for (;;) {
      const bytes = await newPhoto();
      const { imageId } = await uploadImage(doomed, bytes);
      acknowledged.push({ imageId, hash: hashOf(bytes) });
    }
  });
  const ended = Promise.allSettled(uploading);
  await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(20);
  doomed.signal('SIGKILL');
  await ended;
  for (const { imageId, hash } of acknowledged) expect(await original(other, imageId)).toBe(hash);
});

test('a subscription on one server has the changes of all, in one order, and resumes on another', async () => {
  const { servers } = await startServers(3);
  const next = await watch(servers[0]);
  const ids = new Set<string>();
  await Promise.all(
    servers.map(async (server) => {
      for (let round = 0; round < 8; round += 1) ids.add((await uploadImage(server, await newPhoto())).id);
    }),
  );
  const seen: { cursor: string; changedId: string }[] = [];
  while (seen.length < ids.size) seen.push((await next())?.data.imageChanged);
  expect(new Set(seen.map(({ changedId }) => changedId))).toEqual(ids);
  const resumed = await watch(servers[2], seen[9]?.cursor);
  for (const change of seen.slice(10)) expect((await resumed())?.data.imageChanged).toEqual(change);
  // the newest cursor of one server is known to another at once
  const { id } = await uploadImage(servers[1], await newPhoto());
  const { cursor } = (await next())?.data.imageChanged ?? {};
  const late = await watch(servers[2], cursor);
  const later = await uploadImage(servers[0], await newPhoto());
  expect((await late())?.data.imageChanged.changedId).toBe(later.id);
  expect(later.id).not.toBe(id);
});

test('a server that does not hear of the others serves nothing from memory, ends subscriptions, and goes on by itself', async () => {
  const proxy = await startFreezingProxy(postgresql().port);
  const { servers, start, databaseUrl } = await startServers(1);
  const [writer] = servers;
  const { pathname } = new URL(databaseUrl);
  const deaf = await start({ DATABASE_DIRECT_URL: `postgres://postgres@127.0.0.1:${proxy.port}${pathname}` });
  const { id, publicId } = await uploadImage(writer, await newPhoto());
  const next = await watch(deaf);
  await uploadImage(writer, await newPhoto());
  const { cursor } = (await next())?.data.imageChanged ?? {};
  const before = await publicImage(deaf, publicId);

  proxy.freeze();
  await sleep(2_000);
  await replace(writer, id, await newPhoto());
  const after = await publicImage(deaf, publicId);
  expect(after.etag).not.toBe(before.etag);
  expect((await next())?.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
  expect(await (await fetch(`${deaf.url}/health/ready`)).json()).toEqual({
    status: 'unavailable',
    failed: ['changes'],
  });

  proxy.thaw();
  await expect.poll(async () => (await fetch(`${deaf.url}/health/ready`)).status, { timeout: 10_000 }).toBe(200);
  const resumed = await watch(deaf, cursor);
  expect((await resumed())?.data.imageChanged).toMatchObject({ kind: 'UPDATED', changedId: id });
});

test('a database that is restarted under load costs refusals and nothing that was acknowledged', async () => {
  const { servers } = await startServers(2);
  const acknowledged: { imageId: string; hash: string }[] = [];
  const statuses = new Set<number>();
  let isOver = false;
  const load = servers.map(async (server) => {
    while (!isOver) {
      const bytes = await newPhoto();
      const { status, data, errors } = await server.upload(
        'mutation($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { imageId } } } }',
        { input: { accountId, file: null } },
        { 'input.file': bytes },
      );
      statuses.add(status);
      const imageId = data?.uploadImage?.image?.imageId;
      if (imageId) acknowledged.push({ imageId, hash: hashOf(bytes) });
      for (const { extensions } of errors ?? []) expect(extensions?.code).toBe('UNAVAILABLE');
    }
  });
  await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(10);
  await postgresql().crash();
  await sleep(500);
  await postgresql().start();
  const soFar = acknowledged.length;
  await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(soFar + 10);
  isOver = true;
  await Promise.all(load);
  for (const { imageId, hash } of acknowledged) expect(await original(servers[1], imageId)).toBe(hash);
});

test('webhooks are delivered by one server, and by another one when that is killed', async () => {
  const receiver = await startWebhookReceiver();
  const { servers } = await startServers(3, { WEBHOOK_PRIVATE_ADDRESSES: 'on' });
  await createWebhook(servers[0], receiver.url);
  const uploadOn = async (server: Server): Promise<string> => (await uploadImage(server, await newPhoto())).id;
  const expected: string[] = [];
  for (const server of [...servers, ...servers]) expected.push(await uploadOn(server));
  const delivered = () => receiver.messages.map(({ id }) => id);
  await expect.poll(() => receiver.messages.length, { timeout: 30_000 }).toBe(expected.length);
  // no server sends what another has sent
  await sleep(2_500);
  expect(receiver.messages).toHaveLength(expected.length);
  expect(new Set(delivered()).size).toBe(expected.length);

  let survivors: Server[] = [...servers];
  for (const doomed of servers.slice(0, 2)) {
    doomed.signal('SIGKILL');
    await doomed.ended;
    survivors = survivors.filter((server) => server !== doomed);
    const before = new Set(delivered()).size;
    for (const server of survivors) await uploadOn(server);
    // at least once: what was being sent when the server was killed may come twice
    await expect.poll(() => new Set(delivered()).size, { timeout: 30_000 }).toBe(before + survivors.length);
  }
});

test('bytes that are deleted on one server while another uploads them are there as long as an image names them', async () => {
  const { servers } = await startServers(2, { BYTES_GRACE_HOURS: '1' });
  const [first, second] = servers;
  for (let round = 0; round < 15; round += 1) {
    const bytes = await newPhoto();
    const { id } = await uploadImage(first, bytes);
    const [deleted, uploaded] = await Promise.all([deleteImage(first, id), uploadImage(second, bytes)]);
    expect(deleted.__typename).toBe('DeleteImagePayload');
    // either it came first, and was a duplicate, or the image is a new one
    if (uploaded.__typename !== 'Image') {
      expect(uploaded).toMatchObject({ __typename: 'DuplicateImageError' });
      continue;
    }
    for (const server of servers) expect(await original(server, uploaded.imageId)).toBe(hashOf(bytes));
  }
});

/** As clients of several servers do: what fails on one is sent to the next, for a while. */
const retrying = (servers: () => readonly Server[]) => {
  let turn = 0;
  return async <Result>(send: (server: Server) => Promise<Result | undefined>): Promise<Result> => {
    const deadlineMs = performance.now() + 20_000;
    for (;;) {
      turn += 1;
      const server = servers()[turn % 3] as Server;
      const result = await send(server).catch(() => undefined);
      if (result !== undefined) return result;
      if (performance.now() > deadlineMs) throw new Error('No server responded for 20 seconds.');
      await sleep(20);
    }
  };
};

test('a rolling restart of all servers under load fails no request of a client that tries again', async () => {
  const { servers, start } = await startServers(3);
  const current: Server[] = [...servers];
  const { publicId } = await uploadImage(servers[0], await newPhoto());
  const attempt = retrying(() => current);
  const acknowledged: { imageId: string; hash: string }[] = [];
  let reads = 0;
  let isOver = false;
  const uploading = Array.from({ length: 3 }, async () => {
    while (!isOver) {
      const bytes = await newPhoto();
      const { imageId } = await attempt(async (server) => {
        const image = await uploadImage(server, bytes);
        // it has the image of an attempt whose response was lost
        return image.imageId || image.__typename === 'DuplicateImageError' ? image : undefined;
      });
      if (imageId) acknowledged.push({ imageId, hash: hashOf(bytes) });
    }
  });
  const reading = Array.from({ length: 3 }, async () => {
    while (!isOver) {
      await attempt(async (server) => {
        const { data } = await server.query(`{ images(accountId: "${accountId}", first: 20) { nodes { id } } }`);
        return data?.images?.nodes.length > 0 ? true : undefined;
      });
      await attempt(async (server) => ((await publicImage(server, publicId)).status === 200 ? true : undefined));
      reads += 1;
    }
  });
  for (const [index, old] of servers.entries()) {
    const before = acknowledged.length;
    old.signal('SIGTERM');
    expect((await old.ended).code).toBe(0);
    current[index] = await start();
    await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(before + 5);
  }
  isOver = true;
  await Promise.all([...uploading, ...reading]);
  expect(reads).toBeGreaterThan(10);
  for (const [index, { imageId, hash }] of acknowledged.entries())
    expect(await original(current[index % 3] as Server, imageId)).toBe(hash);
});

test('bytes without a name and old changes are removed by one server at a time', async () => {
  const { servers, start, databaseUrl } = await startServers(1, { BYTES_GRACE_HOURS: '1', CHANGE_RETENTION_DAYS: '1' });
  const { id } = await uploadImage(servers[0], await newPhoto());
  await deleteImage(servers[0], id);
  const [url = ''] = databaseUrl.split('?');
  await postgresql().query(url, `UPDATE "Blob" SET "unnamedOn" = now() - interval '3 hours'`);
  await postgresql().query(url, `UPDATE "Change" SET "occurredOn" = now() - interval '3 days'`);
  const left = async () => {
    const [row] = await postgresql().query(
      url,
      'SELECT (SELECT count(*)::int FROM "Blob") AS "blobs", (SELECT count(*)::int FROM "Change") AS "changes"',
    );
    return row;
  };
  // as another server does that is at it
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query('SELECT pg_advisory_lock(1768253283)');
  await start();
  await sleep(3_000);
  expect(await left()).toEqual({ blobs: 1, changes: 2 });
  await other.end();
  await start();
  await expect.poll(left, { timeout: 20_000 }).toMatchObject({ blobs: 0 });
  await expect.poll(async () => (await left())?.['changes'], { timeout: 20_000 }).toBeLessThan(2);
});

test('an import next to the servers brings images to all of them, and to those who watch', async () => {
  const { servers, shared } = await startServers(2);
  const images = await moovImages(12);
  const moov = await startMoov(accountId, images, 5);
  const next = await watch(servers[1]);
  const run = await runTool('cli/import', ['moov', '--account', accountId, '--from', moov.url], {
    ...shared,
    DATA_DIR: await useTempFolder(),
    UPSTREAM_MOOV_PUBLIC_KEY: moovKeys.publicKey,
    UPSTREAM_MOOV_SECRET_KEY: moovKeys.secretKey,
  });
  expect(run).toMatchObject({ code: 0 });
  expect(run.stdout).toContain('12 created');
  for (let count = 0; count < images.length; count += 1)
    expect((await next())?.data.imageChanged).toMatchObject({ kind: 'CREATED' });
  for (const server of servers)
    for (const { imageID, bytes } of images) expect(await original(server, imageID)).toBe(hashOf(bytes));
});
