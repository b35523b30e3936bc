import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';
import { expect, test, vi } from 'vitest';
import { photograph } from '../fixtures/photographs.js';
import { openEventStream } from '../support/event-stream.js';
import { type GraphqlClient, graphqlClient } from '../support/graphql-client.js';
import {
  changeImage,
  deleteImage,
  imageFields,
  uploadAddressedImage,
  uploadImage,
} from '../support/image-operations.js';
import { createMetalImage, metalImageFields, setMetalImageUse } from '../support/metal-operations.js';
import { usePostgresql } from '../support/postgresql.js';
import { runCreate } from '../support/run-keys.js';
import { runTool, toolPath } from '../support/run-tool.js';
import { useS3Bucket } from '../support/s3-bucket.js';
import { newPhoto } from '../support/sample-images.js';
import { runServerProcess, startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';
import { createWebhook } from '../support/webhook-operations.js';
import { startWebhookReceiver } from '../support/webhook-receiver.js';

vi.setConfig({ testTimeout: 240_000 });

const bucket = useS3Bucket();
const postgresql = usePostgresql();

type Server = Awaited<ReturnType<typeof startServerProcess>> & GraphqlClient;

/** Where an installation is, as its servers have it in their environment. */
type Place = Record<string, string>;

const startServer = async (place: Place): Promise<Server> => {
  const credentials = {
    AWS_ACCESS_KEY_ID: process.env['AWS_ACCESS_KEY_ID'] ?? '',
    AWS_SECRET_ACCESS_KEY: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const server = await startServerProcess({ ...credentials, WEBHOOK_PRIVATE_ADDRESSES: 'on', ...place });
  return { ...server, ...graphqlClient(server.url) };
};

const stop = async (server: Server): Promise<void> => {
  server.signal('SIGTERM');
  expect((await server.ended).code).toBe(0);
};

const newFolder = async (): Promise<Place> => ({ DATA_DIR: await useTempFolder() });

const newCloud = async (): Promise<Place> => ({
  DATA_DIR: await useTempFolder(),
  DATABASE_URL: await postgresql().createDatabase(),
  BLOB_STORE_URL: bucket.newUrl(),
});

const argumentsOf = (from: Place, to: Place): string[] =>
  Object.entries({ from, to }).flatMap(([side, place]) => [
    ...[`--${side}`, place['DATA_DIR'] ?? ''],
    ...(place['DATABASE_URL'] ? [`--${side}-database`, place['DATABASE_URL']] : []),
    ...(place['BLOB_STORE_URL'] ? [`--${side}-store`, place['BLOB_STORE_URL']] : []),
  ]);

const copy = (from: Place, to: Place) => runTool('cli/copy', argumentsOf(from, to));

/** Starts a copy and kills it when it has come so far. */
const killedCopy = async (from: Place, to: Place, isFarEnough: () => Promise<boolean>): Promise<void> => {
  const child = spawn(process.execPath, [toolPath, 'cli/copy', ...argumentsOf(from, to)], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  while (!(await isFarEnough()) && child.exitCode === null) await sleep(2);
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
};

const everything = `{
  images(accountId: "${accountId}", first: 12) { totalCount nodes {
    ...Everything metadata { altTexts { locale text } } similar { distance image { imageId } } } }
  changes(accountId: "${accountId}", first: 40) {
    nodes { cursor kind changedId occurredOn image { imageId } } latestCursor }
  metalImages(first: 40) { nodes { ...Metal } }
  metalImageChanges(first: 40) { nodes { cursor kind changedId } latestCursor }
  webhooks(accountId: "${accountId}") { nodes { id url createdOn deliveries { messageId eventType attemptedOn status } } }
} ${imageFields} ${metalImageFields}`;

/** All that a client sees, with the hashes of originals and of variants. URLs are without the host of the server. */
const viewOf = async (server: Server) => {
  const { data, errors } = await server.query(everything);
  expect(errors).toBeUndefined();
  const bytes: Record<string, string> = {};
  for (const { imageId, publicId, version } of data.images.nodes) {
    for (const path of [
      `accounts/${accountId}/images/${imageId}/original`,
      `images/${publicId}?v=${version}&size=20x20`,
    ]) {
      const response = await fetch(`${server.url}/${path}`);
      expect(response.status).toBe(200);
      bytes[path] = createHash('sha256')
        .update(new Uint8Array(await response.arrayBuffer()))
        .digest('hex');
    }
  }
  return JSON.parse(JSON.stringify({ data, bytes }).replaceAll(server.url, ''));
};

type SearchedNode = { readonly similar: readonly { readonly image: { readonly imageId: string } }[] | null };
type AddressedNode = { readonly metadata: { readonly address: { readonly ds: string } | null } };

/** An address whose key is longer than an entry of an index of PostgreSQL. */
const longAddress = { type: 'UGC', entityId: '漢'.repeat(512), ds: '字'.repeat(512) };

/** A stopped installation with something in each of its tables, what a client saw, and the receiver of its webhook. */
const makeInstallation = async (place: Place) => {
  const receiver = await startWebhookReceiver();
  const server = await startServer(place);
  await createWebhook(server, receiver.url);
  const images = [];
  const altTexts = [{ locale: 'de-CH', text: 'Ein Reiher' }];
  const stork = photograph(1);
  for (const [altText, file] of [
    ['A heron', await newPhoto()],
    ['Ein Weißstorch', await stork.clone().png().toBuffer()],
    ['', await newPhoto()],
    [null, await stork.clone().resize({ width: 160 }).jpeg().toBuffer()],
  ] as const) {
    images.push(await uploadImage(server, file, { altText, altTexts, focalPoint: { x: 0.1, y: 1 / 3 } }));
  }
  await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id: images[0].id }, await newPhoto());
  await changeImage(server, 'disableImage', 'ImageIdInput', { id: images[1].id });
  await deleteImage(server, images[2].id);
  await uploadAddressedImage(server, longAddress, await newPhoto());
  await uploadAddressedImage(server, { type: 'USER', entityId: 'heron' }, await newPhoto());
  await createMetalImage(server, 'ubuntu-24.04.20260101');
  await createMetalImage(server, 'debian-12.0.20260101', { description: 'stable' });
  await setMetalImageUse(server, 'machine-1', 'ubuntu-24.04.20260101');
  // one message for each change of an image
  await expect.poll(() => receiver.messages.length, { timeout: 30_000 }).toBe(9);
  await expect.poll(async () => (await viewOf(server)).data.webhooks.nodes[0].deliveries.length).toBe(9);
  const seen = await viewOf(server);
  const similar = seen.data.images.nodes.flatMap(
    ({ similar }: SearchedNode) => similar?.map(({ image }) => image) ?? [],
  );
  expect(similar).toEqual([images[1], images[3]].map(({ imageId }) => ({ imageId })));
  await stop(server);
  return { seen, receiver };
};

/** A server on the copy shows the same, and goes on where the other one ended. */
const expectMoved = async (place: Place, { seen, receiver }: Awaited<ReturnType<typeof makeInstallation>>) => {
  const server = await startServer(place);
  expect(await viewOf(server)).toEqual(seen);
  const delivered = receiver.messages.length;
  // a subscription that ended with the old server resumes after its cursor, and its next change is a later one
  const cursors = seen.data.changes.nodes.map(({ cursor }: { cursor: string }) => cursor);
  const stream = await openEventStream(
    server,
    `subscription { imageChanged(accountId: "${accountId}") { cursor changedId } }`,
    {},
    { 'last-event-id': cursors.at(-2) },
  );
  const next = async () => (await stream.next())?.data.imageChanged;
  expect((await next()).cursor).toBe(cursors.at(-1));
  const uploaded = await uploadImage(server, await newPhoto(), { altText: 'After the move' });
  expect(uploaded.__typename).toBe('Image');
  const change = await next();
  expect(change.changedId).toBe(uploaded.id);
  expect(cursors).not.toContain(change.cursor);
  stream.close();
  // the address is known, in whichever form the database keeps it
  const before = seen.data.images.nodes.find((image: AddressedNode) => image.metadata.address?.ds === longAddress.ds);
  const replaced = await uploadAddressedImage(server, longAddress, await newPhoto());
  expect(replaced).toMatchObject({ id: before.id, version: before.version + 1 });
  await createMetalImage(server, 'debian-13.0.20260101');
  // the webhook has what came after the move, and nothing again
  await expect.poll(() => receiver.messages.length, { timeout: 30_000 }).toBe(delivered + 2);
  await sleep(1_500);
  expect(receiver.messages).toHaveLength(delivered + 2);
  const after = await viewOf(server);
  await stop(server);
  return { seen: after, receiver };
};

test('an installation moves from SQLite and a folder to PostgreSQL and S3 and back, and nobody notices', async () => {
  const [home, cloud, back] = [await newFolder(), await newCloud(), await newFolder()];
  const installation = await makeInstallation(home);
  const { id } = await runCreate(home['DATA_DIR'] ?? '', accountId, ['images.read']);
  const away = await copy(home, cloud);
  expect(away).toMatchObject({ code: 0, stderr: '' });
  expect(away.stdout).toMatch(/^Rows compared: \d+, all the same\.$/m);
  const moved = await expectMoved(cloud, installation);
  expect(await copy(cloud, back)).toMatchObject({ code: 0, stderr: '' });
  await expectMoved(back, moved);
  const keys = await runTool('cli/keys', ['list'], back);
  expect(keys.stdout).toContain(id);
  // the source stayed as it was
  const first = await startServer(home);
  expect(await viewOf(first)).toEqual(installation.seen);
  await stop(first);
});

/** Gives an installation very many images of one original, by SQL. */
const insertCopies = (place: Place, count: number): void => {
  const database = new Database(join(place['DATA_DIR'] ?? '', 'state.db'));
  database.exec(`
    WITH RECURSIVE "row"("n") AS (SELECT 1 UNION ALL SELECT "n" + 1 FROM "row" WHERE "n" < ${count})
      INSERT INTO "Image" ("id", "publicId", "accountId", "blobSha256", "mimeType", "byteSize", "createdOn", "updatedOn")
      SELECT printf('00000000-0000-4000-8000-%012d', "n"), printf('%021d', "n"), '00000000-0000-4000-8000-000000000000',
        (SELECT "sha256" FROM "Blob" LIMIT 1), 'image/png', 1000, "n", "n" FROM "row";
    INSERT INTO "ImageMetadata" ("imageId", "ext", "updatedOn")
      SELECT "id", '.png', "updatedOn" FROM "Image" WHERE "accountId" = '00000000-0000-4000-8000-000000000000'`);
  database.close();
};

test('a copy that is killed again and again is no installation, and is the same as the source in the end', async () => {
  const [home, cloud] = [await newFolder(), await newCloud()];
  const installation = await makeInstallation(home);
  insertCopies(home, 20_000);
  const url = cloud['DATABASE_URL'] ?? '';
  const countOf = async (table: string): Promise<number> => {
    const [row] = await postgresql()
      .query(url, `SELECT count(*)::int AS "count" FROM "${table}"`)
      .catch(() => []);
    return row?.count ?? 0;
  };
  // once it has claimed the target, in the first large table, and in the second one
  await killedCopy(home, cloud, async () => {
    const [row] = await postgresql()
      .query(url, 'SELECT "id" FROM "Store"')
      .catch(() => []);
    return row?.id.endsWith('-incomplete') ?? false;
  });
  await killedCopy(home, cloud, async () => (await countOf('Image')) > 5_000);
  await killedCopy(home, cloud, async () => (await countOf('ImageMetadata')) > 5_000);

  const refused = await runServerProcess({ ...cloud, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('target of a copy that was not completed'),
  });
  for (const tool of ['cli/keys', 'cli/verify']) {
    const args = tool === 'cli/keys' ? ['list'] : [];
    expect((await runTool(tool, args, cloud)).stderr).toContain('was not completed');
  }
  // the source goes on meanwhile: rows that are copied change, and some go
  const source = await startServer(home);
  const { id } = installation.seen.data.images.nodes[0];
  await changeImage(source, 'updateImage', 'UpdateImageInput', {
    id,
    metadata: { altText: 'Changed during the copy' },
  });
  await deleteImage(source, installation.seen.data.images.nodes[2].id);
  await expect.poll(() => installation.receiver.messages.length, { timeout: 30_000 }).toBe(11);
  await expect.poll(async () => (await viewOf(source)).data.webhooks.nodes[0].deliveries.length).toBe(11);
  const seen = await viewOf(source);
  await stop(source);

  const done = await copy(home, cloud);
  expect(done.code).toBe(0);
  expect(done.stdout).toContain('Rows of the source have changed since the copy began');
  expect(await countOf('Image')).toBeGreaterThan(20_000);
  await expectMoved(cloud, { ...installation, seen });
});

test('the database alone moves next to a store that stays, both ways', async () => {
  const home = { ...(await newFolder()), BLOB_STORE_URL: bucket.newUrl() };
  const installation = await makeInstallation(home);
  const cloud = { ...home, DATABASE_URL: await postgresql().createDatabase() };
  expect(await copy(home, cloud)).toMatchObject({ code: 0, stderr: '' });
  const moved = await expectMoved(cloud, installation);
  const back = { ...home, DATA_DIR: await useTempFolder() };
  expect(await copy(cloud, back)).toMatchObject({ code: 0, stderr: '' });
  await expectMoved(back, moved);
});

test('numbers of rows that are gone are not given again after the copy, and what is purged stays known', async () => {
  const [home, cloud] = [await newFolder(), await newCloud()];
  await makeInstallation(home);
  const database = new Database(join(home['DATA_DIR'] ?? '', 'state.db'));
  const last = 2 ** 40;
  database.exec(`UPDATE sqlite_sequence SET "seq" = ${last}; UPDATE "Store" SET "purgedSeq" = 7`);
  database.close();
  expect(await copy(home, cloud)).toMatchObject({ code: 0, stderr: '' });
  const server = await startServer(cloud);
  await uploadImage(server, await newPhoto());
  await stop(server);
  const [row] = await postgresql().query(
    cloud['DATABASE_URL'] ?? '',
    'SELECT (SELECT max("seq") FROM "Change") AS "seq", (SELECT max("id") FROM "ImageMetadata") AS "id", "purgedSeq" FROM "Store"',
  );
  expect(row).toEqual({ seq: String(last + 1), id: String(last + 1), purgedSeq: '7' });
});

test('a target with another installation is refused and stays as it is, and so is one with servers on it', async () => {
  const [home, cloud, other] = [await newFolder(), await newCloud(), await newCloud()];
  const installation = await makeInstallation(home);
  expect(await copy(home, cloud)).toMatchObject({ code: 0 });
  // a second time, and into the database or the store of another
  const occupied = await startServer(other);
  await uploadImage(occupied, await newPhoto());
  const before = await viewOf(occupied);
  const busy = await copy(home, { ...other, ...(await newFolder()), BLOB_STORE_URL: bucket.newUrl() });
  expect(busy).toMatchObject({ code: 1, stderr: expect.stringContaining('A server runs on the database') });
  await stop(occupied);
  const attempts = [
    cloud,
    other,
    { ...other, BLOB_STORE_URL: bucket.newUrl() },
    { ...other, DATABASE_URL: await postgresql().createDatabase() },
    { ...cloud, BLOB_STORE_URL: bucket.newUrl() },
  ];
  for (const target of attempts) {
    const refused = await copy(home, target);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('belongs to an installation already') });
  }
  const again = await startServer(other);
  expect(await viewOf(again)).toEqual(before);
  await stop(again);
  await expectMoved(cloud, installation);
});

test('a source in PostgreSQL with a server on it is refused', async () => {
  const cloud = await newCloud();
  const server = await startServer(cloud);
  const { code, stderr } = await copy(cloud, await newFolder());
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('A server runs on the database') });
  await stop(server);
});
