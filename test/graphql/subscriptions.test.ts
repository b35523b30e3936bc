import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ChangeFeed } from '../../src/domain/changes/change-feed.js';
import { openCaller } from '../../src/domain/identity/caller.js';
import type { Image } from '../../src/domain/images/image.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { openEventStream } from '../support/event-stream.js';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import { bearer, makeKey, revoke } from '../support/keys.js';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let changes: ChangeFeed;
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  changes = server.app.changes;
});
afterAll(() => server.close());

const imageChanged =
  'subscription($accountId: UUID!) { imageChanged(accountId: $accountId) { kind changedId image { id metadata { altText } } } }';

const watchImages = async (account: string = accountId) => {
  const stream = await openEventStream(server, imageChanged, { accountId: account });
  onTestFinished(() => stream.close());
  await expect.poll(() => changes.size).toBeGreaterThan(0);
  return stream;
};

/** As the bus does with a change. */
const publish = (feed: ChangeFeed, image: Image): void => {
  const { store, seq } = feed.head;
  const of = { of: 'image', kind: 'UPDATED', imageId: image.id, accountId: image.accountId, image } as const;
  const change = { ...of, store, seq: seq + 1, occurredOn: new Date() };
  feed.follow({ changes: [change], writtenImages: new Set([image.id]), isCertain: true });
};

describe('imageChanged', () => {
  test('reports everything that happens to the images of the account, in order, and of no other', async () => {
    const stream = await watchImages();
    await uploadImage(server, await newPhoto(), undefined, randomUUID());
    const { id } = await uploadImage(server, await newPhoto(), { altText: 'first' });
    await changeImage(server, 'updateImage', 'UpdateImageInput', { id, metadata: { altText: 'second' } });
    await changeImage(server, 'disableImage', 'ImageIdInput', { id });
    await changeImage(server, 'enableImage', 'ImageIdInput', { id });
    await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id }, await newPhoto());
    await deleteImage(server, id);
    const events = [];
    for (let count = 0; count < 6; count += 1) events.push((await stream.next())?.data.imageChanged);
    expect(events.map(({ kind }) => kind)).toEqual(['CREATED', 'UPDATED', 'DISABLED', 'ENABLED', 'UPDATED', 'DELETED']);
    expect(events.every(({ changedId }) => changedId === id)).toBe(true);
    expect(events[5].image).toBeNull();
  });

  test('an image that was deleted before its change is delivered still has the facts of its bytes', async () => {
    const stream = await openEventStream(
      server,
      `subscription { imageChanged(accountId: "${accountId}") { kind image { width } } }`,
    );
    onTestFinished(() => stream.close());
    await expect.poll(() => changes.size).toBeGreaterThan(0);
    const photo = await newPhoto();
    const { id, imageId, width } = await uploadImage(server, photo);
    const [image] = await server.app.images.find(openCaller, [imageId]);
    await deleteImage(server, id);
    expect((await stream.next())?.data.imageChanged).toEqual({ kind: 'CREATED', image: { width } });
    expect((await stream.next())?.data.imageChanged.kind).toBe('DELETED');
    const { id: again } = await uploadImage(server, photo);
    expect(await stream.next()).toEqual({ data: { imageChanged: { kind: 'CREATED', image: { width } } } });
    await deleteImage(server, again);
    expect((await stream.next())?.data.imageChanged.kind).toBe('DELETED');
    // as one who is behind meets it
    if (image) publish(changes, image);
    expect(await stream.next()).toEqual({ data: { imageChanged: { kind: 'UPDATED', image: { width } } } });
  });

  test('reports nothing that did not change', async () => {
    const { id } = await uploadImage(server, await newPhoto(), { altText: 'same' });
    const stream = await watchImages();
    await changeImage(server, 'updateImage', 'UpdateImageInput', { id, metadata: { altText: 'same' } });
    await changeImage(server, 'enableImage', 'ImageIdInput', { id });
    await changeImage(server, 'disableImage', 'ImageIdInput', { id });
    expect((await stream.next())?.data.imageChanged.kind).toBe('DISABLED');
  });

  test('leaves nothing behind when the client leaves', async () => {
    await expect.poll(() => changes.size).toBe(0);
    const streams = await Promise.all([watchImages(), watchImages()]);
    await expect.poll(() => changes.size).toBe(2);
    for (const stream of streams) stream.close();
    await expect.poll(() => changes.size).toBe(0);
  });
});

test('keys of two accounts may leave the account out: the same document streams the changes of each to its own key', async () => {
  const guarded = await startTestServer({ AUTH: 'keys' });
  onTestFinished(() => guarded.close());
  const document = 'subscription { imageChanged { kind image { accountId } } }';
  const accounts = [accountId, randomUUID()];
  const grant = { scopes: ['images.read', 'images.write'] } as const;
  const keys = await Promise.all(accounts.map((account) => makeKey(guarded, { ...grant, account: account as never })));
  const streams = await Promise.all(keys.map((key) => openEventStream(guarded, document, {}, bearer(key))));
  onTestFinished(() => streams.forEach((stream) => void stream.close()));
  await expect.poll(() => guarded.app.changes.size).toBe(2);
  for (const key of keys) {
    const { data } = await guarded.upload(
      'mutation($input: UploadImageInput!) { uploadImage(input: $input) { __typename } }',
      { input: { file: null } },
      { 'input.file': await newPhoto() },
      bearer(key),
    );
    expect(data.uploadImage.__typename).toBe('UploadImagePayload');
  }
  const first = await Promise.all(streams.map((stream) => stream.next()));
  expect(first.map((result) => result?.data.imageChanged)).toEqual(
    accounts.map((account) => ({ kind: 'CREATED', image: { accountId: account } })),
  );

  const all = await openEventStream(
    guarded,
    document,
    {},
    bearer(await makeKey(guarded, { account: null, scopes: ['images.read'] })),
  );
  expect((await all.next())?.errors).toMatchObject([
    { message: expect.stringContaining('accountId: Is required'), extensions: { code: 'INVALID_INPUT' } },
  ]);
});

test('metalImageChanged reports changes of metal images', async () => {
  const stream = await openEventStream(
    server,
    'subscription { metalImageChanged { kind changedId metalImage { imageId name } } }',
  );
  onTestFinished(() => stream.close());
  await expect.poll(() => server.app.changes.size).toBe(1);
  const run = (name: string, type: string, input: Record<string, unknown>) =>
    server.query(`mutation($input: ${type}!) { ${name}(input: $input) { __typename } }`, { input });
  const imageId = 'ubuntu-24.4.20260101';
  await run('createMetalImage', 'CreateMetalImageInput', { imageId, url: 'https://images.example/u' });
  await run('updateMetalImage', 'UpdateMetalImageInput', { imageId, name: 'Ubuntu' });
  await run('deleteMetalImage', 'MetalImageIdInput', { imageId });
  expect((await stream.next())?.data.metalImageChanged).toMatchObject({ kind: 'CREATED', metalImage: { imageId } });
  expect((await stream.next())?.data.metalImageChanged).toMatchObject({
    kind: 'UPDATED',
    metalImage: { name: 'Ubuntu' },
  });
  expect((await stream.next())?.data.metalImageChanged).toMatchObject({ kind: 'DELETED', metalImage: null });
});

test('a revoked key hears nothing more', async () => {
  const guarded = await startTestServer({ AUTH: 'keys' });
  const feed = guarded.app.changes;
  onTestFinished(() => guarded.close());
  const watcher = await makeKey(guarded, { account: accountId, scopes: ['images.read'] });
  const writer = await makeKey(guarded, { account: accountId, scopes: ['images.write'] });
  const stream = await openEventStream(guarded, imageChanged, { accountId }, bearer(watcher));
  await expect.poll(() => feed.size).toBe(1);
  await revoke(guarded, watcher.id);
  const upload = async () =>
    guarded.upload(
      'mutation($input: UploadImageInput!) { uploadImage(input: $input) { __typename } }',
      { input: { accountId, file: null } },
      { 'input.file': await newPhoto() },
      bearer(writer),
    );
  // a revocation is honoured within seconds, so the first changes may still be sent
  const remaining = async (): Promise<number> => {
    await upload();
    return feed.size;
  };
  await expect.poll(remaining, { timeout: 10_000, interval: 500 }).toBe(0);
  let last = await stream.next();
  for (let result: typeof last = last; result; result = await stream.next()) last = result;
  expect(last?.errors?.[0]).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
});

test('a revoked key loses its idle streams too, without a change that would remind of it', async () => {
  const guarded = await startTestServer({ AUTH: 'keys' });
  const feed = guarded.app.changes;
  onTestFinished(() => guarded.close());
  const watcher = await makeKey(guarded, { account: accountId, scopes: ['images.read'] });
  const other = await makeKey(guarded, { account: accountId, scopes: ['images.read'] });
  const streams = await Promise.all(
    [watcher, watcher, other].map((key) => openEventStream(guarded, imageChanged, { accountId }, bearer(key))),
  );
  onTestFinished(() => streams.forEach((stream) => void stream.close()));
  await expect.poll(() => feed.size).toBe(3);
  await revoke(guarded, watcher.id);
  await expect.poll(() => feed.size, { timeout: 5_000 }).toBe(1);
  for (const stream of streams.slice(0, 2)) {
    expect((await stream.next())?.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(await stream.next()).toBeUndefined();
  }
});

describe('many subscribers', () => {
  test('of the same document cost one load for each change, and each gets it', async () => {
    const busy = await startTestServer({});
    const feed = busy.app.changes;
    onTestFinished(() => busy.close());
    const uploaded = await uploadImage(busy, await newPhoto(), { altText: 'watched' });
    const [image] = await busy.app.images.find(openCaller, [uploaded.imageId]);
    if (!image) throw new Error('The image is gone.');
    const documents = [imageChanged, imageChanged.replace('altText', 'altText ext')];
    const streams = await Promise.all(
      Array.from({ length: 60 }, (_, index) => openEventStream(busy, documents[index % 2] ?? '', { accountId })),
    );
    onTestFinished(() => streams.forEach((stream) => void stream.close()));
    await expect.poll(() => feed.size).toBe(60);
    const statements = busy.sql.length;
    // nothing keeps the metadata of this revision in memory
    publish(feed, { ...image, metadataRevision: 900 });
    const results = await Promise.all(streams.map((stream) => stream.next()));
    expect(results.map((result) => result?.data.imageChanged.image.metadata.altText)).toEqual(
      Array(60).fill('watched'),
    );
    expect(busy.sql.slice(statements).filter((sql) => sql.includes('ImageMetadata'))).toHaveLength(1);
  });

  test('of one address are bounded, and the refusal says by how many', async () => {
    const busy = await startTestServer({});
    const feed = busy.app.changes;
    onTestFinished(() => busy.close());
    const { subscriptionsPerClient } = defaultLimits;
    const streams = await Promise.all(
      Array.from({ length: subscriptionsPerClient }, () => openEventStream(busy, imageChanged, { accountId })),
    );
    onTestFinished(() => streams.forEach((stream) => void stream.close()));
    await expect.poll(() => feed.size).toBe(subscriptionsPerClient);
    const refused = await openEventStream(busy, imageChanged, { accountId });
    expect([refused.status, await refused.next()]).toMatchObject([
      429,
      {
        errors: [{ message: expect.stringContaining('has 100 subscriptions'), extensions: { code: 'LIMIT_EXCEEDED' } }],
      },
    ]);
    streams[0]?.close();
    await expect.poll(() => feed.size).toBe(subscriptionsPerClient - 1);
    const next = await openEventStream(busy, imageChanged, { accountId });
    onTestFinished(() => next.close());
    expect(next.status).toBe(200);
  });

  test('in parts, one frees its place as soon as its client has left', async () => {
    const busy = await startTestServer({});
    onTestFinished(() => busy.close());
    const streams = await Promise.all(
      Array.from({ length: defaultLimits.subscriptionsPerClient - 1 }, () =>
        openEventStream(busy, imageChanged, { accountId }),
      ),
    );
    onTestFinished(() => streams.forEach((stream) => void stream.close()));
    const socket = connect(Number(new URL(busy.url).port), '127.0.0.1');
    const body = JSON.stringify({ query: imageChanged, variables: { accountId } });
    socket.write(
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: multipart/mixed;subscriptionSpec=1.0, application/json\r\n' +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const [head] = await once(socket, 'data');
    expect(String(head)).toContain('200 OK');
    socket.destroy();
    const statusOfNext = async () => {
      const next = await openEventStream(busy, imageChanged, { accountId });
      onTestFinished(() => next.close());
      return next.status;
    };
    // sooner than by the second part that keeps it alive
    await expect.poll(statusOfNext, { timeout: 8_000, interval: 250 }).toBe(200);
  });
});

test('a server that closes ends the streams', async () => {
  const closing = await startTestServer();
  const stream = await openEventStream(closing, imageChanged, { accountId });
  await closing.close();
  expect(await stream.next()).toBeUndefined();
});
