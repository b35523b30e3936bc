import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { graphqlClient } from '../support/graphql-client.js';
import { uploadImage } from '../support/image-operations.js';
import { usePostgresql } from '../support/postgresql.js';
import { useS3Bucket } from '../support/s3-bucket.js';
import { newPhoto } from '../support/sample-images.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';
import { startSmallCdn } from '../support/small-cdn.js';
import { useTempFolder } from '../support/temp-folder.js';
import { createWebhook } from '../support/webhook-operations.js';
import { type ReceivedMessage, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';

vi.setConfig({ testTimeout: 120_000 });

const rounds = 6;
const uploadsOfRound = 8;

const bucket = useS3Bucket();
const postgresql = usePostgresql();

/** Receivers that take a moment, so that kills fall into requests, and between a response and its note. */
const startReceivers = async () => {
  const [receiver, cdn] = [await startWebhookReceiver(), await startSmallCdn()];
  receiver.respond = async (_message, response) => {
    await sleep(Math.random() * 30);
    response.writeHead(204).end();
  };
  const variables = { WEBHOOK_PRIVATE_ADDRESSES: 'on', CDN_TAGS: 'cache-tag', CDN_PURGE_URL: cdn.purgeUrl };
  return { receiver, cdn, variables };
};

interface Acknowledged {
  readonly imageId: string;
  readonly publicId: string;
}

/** Until everything is purged twice, a server that is killed begins with that again, and images of before need no purge of their own. */
const everythingPurged = async (cdn: Awaited<ReturnType<typeof startSmallCdn>>): Promise<void> => {
  await vi.waitFor(() => expect(cdn.purgedTags()).toEqual(['images', 'images']), { timeout: 30_000 });
  await sleep(500);
};

const uploadUntilKilled = async (
  server: ServerProcess,
  count: number,
  onAcknowledged: (count: number) => void = () => undefined,
): Promise<Acknowledged[]> => {
  const client = graphqlClient(server.url);
  const isOver = server.ended.then(() => sleep(500)).then(() => undefined);
  const acknowledged: Acknowledged[] = [];
  for (let index = 0; index < count; index += 1) {
    const upload = uploadImage(client, await newPhoto()).catch(() => undefined);
    const image = await Promise.race([upload, isOver]);
    if (!image) break;
    acknowledged.push(image);
    onAcknowledged(acknowledged.length);
  }
  return acknowledged;
};

/** The number of a change in the journal, as the documented cursor has it. */
const seqOf = ({ event }: ReceivedMessage): number =>
  JSON.parse(Buffer.from(event.data.cursor, 'base64url').toString('utf8'))[1];

const expectAll = async (receiver: WebhookReceiver, purgedTags: () => string[], acknowledged: Acknowledged[]) => {
  const wanted = acknowledged.map(({ imageId }) => imageId);
  await vi.waitFor(
    () => {
      expect(receiver.messages.map(({ event }) => event.data.imageId)).toEqual(expect.arrayContaining(wanted));
      expect(purgedTags()).toEqual(expect.arrayContaining(acknowledged.map(({ publicId }) => `image-${publicId}`)));
    },
    { timeout: 30_000, interval: 100 },
  );
  // what is sent again is the latest one, with the same id and body; nothing is left out or overtakes it
  const seqs = receiver.messages.map(seqOf);
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  const bodies = new Map(receiver.messages.map(({ id, body }) => [id, body]));
  expect(bodies.size).toBe(new Set(seqs).size);
  for (const { id, body } of receiver.messages) expect(body).toBe(bodies.get(id));
};

test('a server that is killed during deliveries and purges repeats the latest at most, and leaves out none', async () => {
  const { receiver, cdn, variables } = await startReceivers();
  const folder = { DATA_DIR: await useTempFolder() };
  const acknowledged: Acknowledged[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const server = await startServerProcess({ ...variables, ...folder });
    if (round === 0) {
      await createWebhook(graphqlClient(server.url), receiver.url);
      await everythingPurged(cdn);
    }
    const kill = async (count: number) => {
      if (count !== 1 + (round % 4)) return;
      await sleep(Math.random() * 60);
      server.signal('SIGKILL');
    };
    acknowledged.push(...(await uploadUntilKilled(server, uploadsOfRound, kill)));
    await server.ended;
  }
  await startServerProcess({ ...variables, ...folder });
  await expectAll(receiver, cdn.purgedTags, acknowledged);
  expect(acknowledged.length).toBeGreaterThanOrEqual(rounds);
});

test('if the server of PostgreSQL that delivers and purges is killed, another one continues', async () => {
  const { receiver, cdn, variables } = await startReceivers();
  const shared = {
    ...variables,
    DATABASE_URL: await postgresql().createDatabase(),
    BLOB_STORE_URL: bucket.newUrl(),
    AWS_ACCESS_KEY_ID: process.env['AWS_ACCESS_KEY_ID'] ?? '',
    AWS_SECRET_ACCESS_KEY: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const start = async () => startServerProcess({ ...shared, DATA_DIR: await useTempFolder() });
  // the one that is first has the duties
  const first = await start();
  await createWebhook(graphqlClient(first.url), receiver.url);
  await everythingPurged(cdn);
  const second = await start();
  const uploads = [uploadUntilKilled(first, uploadsOfRound), uploadUntilKilled(second, uploadsOfRound)];
  await vi.waitFor(() => expect(receiver.messages.length).toBeGreaterThan(2), { timeout: 20_000, interval: 10 });
  first.signal('SIGKILL');
  await first.ended;
  const acknowledged = (await Promise.all(uploads)).flat();
  await expectAll(receiver, cdn.purgedTags, acknowledged);
});
