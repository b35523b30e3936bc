import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openCaller } from '../../src/domain/identity/caller.js';
import type { AccountId, Image } from '../../src/domain/images/image.js';
import { pngFile } from '../fixtures/png-file.js';
import { graphqlClient } from '../support/graphql-client.js';
import { uploadImage } from '../support/image-operations.js';
import { runVerify } from '../support/run-tool.js';
import { pngChunk } from '../support/sample-images.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

/** On each of two data folders. */
const rounds = 25;
const clients = 3;
const twoDaysMs = 48 * 60 * 60 * 1000;

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** An image like no other, of up to 100 kB, so that kills fall into its transfer, its decoding and its two writes. */
const newPhoto = (): Buffer => {
  const ballast = pngChunk('baLl', randomBytes(100 + Math.floor(Math.random() * 100_000)));
  return pngFile({ width: 16, height: 16, chunks: [ballast] });
};

/** What `fetch` says of a server that is gone, before an answer or in its midst; all else is the server's own fault. */
const isGone = (error: unknown): boolean =>
  error instanceof TypeError && ['fetch failed', 'terminated'].includes(error.message);

/** Uploads one image after the other until the server is killed, and reports each one that was acknowledged. */
const uploadUntilKilled = async (
  { url, ended }: Pick<ServerProcess, 'url' | 'ended'>,
  isKilled: () => boolean,
  onAcknowledged: (originalUrl: string, sha256: string) => void,
) => {
  const client = graphqlClient(url);
  // Node's fetch may wait forever for a server that died while it was sending
  const isOver = ended.then(() => sleep(1_000)).then(() => undefined);
  for (;;) {
    const bytes = newPhoto();
    const upload = uploadImage(client, bytes).catch((error: unknown) => {
      if (isKilled() && isGone(error)) return undefined;
      throw error;
    });
    const image = await Promise.race([upload, isOver]);
    if (!image) return;
    onAcknowledged(image.originalUrl, sha256Of(bytes));
  }
};

/** Kills a server on the data folder a moment after its n-th acknowledgement; resolves with what was acknowledged. */
const killAmidUploads = async (folder: string, round: number): Promise<Map<string, string>> => {
  const acknowledged = new Map<string, string>();
  const server = await startServerProcess({ DATA_DIR: folder });
  let isKilled = false;
  const kill = async (): Promise<void> => {
    await sleep(Math.random() * 20);
    isKilled = true;
    server.signal('SIGKILL');
  };
  if (round % 5 === 0) void kill();
  await Promise.all(
    Array.from({ length: clients }, () =>
      uploadUntilKilled(
        server,
        () => isKilled,
        (originalUrl, sha256) => {
          acknowledged.set(new URL(originalUrl).pathname, sha256);
          if (acknowledged.size === round % 5) void kill();
        },
      ),
    ),
  );
  await server.ended;
  return acknowledged;
};

const filesBelow = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

const allImages = async (server: TestServer): Promise<Image[]> => {
  const images: Image[] = [];
  for (let more = true; more; ) {
    const page = await server.app.images.page(
      openCaller,
      { accountId: accountId as AccountId },
      { skip: images.length, count: 200 },
    );
    images.push(...page.items);
    more = page.hasMore;
  }
  return images;
};

const originalHash = async (url: string): Promise<string> => {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return sha256Of(new Uint8Array(await response.arrayBuffer()));
};

/** Kills and starts a server on one data folder again and again; resolves with what it acknowledged in all its lives. */
const killRepeatedly = async (folder: string): Promise<Map<string, string>> => {
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [path, sha256] of await killAmidUploads(folder, round)) acknowledged.set(path, sha256);
  }
  return acknowledged;
};

const expectAllThere = async (folder: string, acknowledged: ReadonlyMap<string, string>): Promise<void> => {
  const server = await startTestServer({ DATA_DIR: folder }, { now: () => new Date(Date.now() + twoDaysMs) });
  for (const [path, sha256] of acknowledged) expect(await originalHash(server.url + path)).toBe(sha256);
  const images = await allImages(server);
  expect(images.length).toBeGreaterThanOrEqual(acknowledged.size);
  for (const { id, sha256 } of images) {
    expect(await originalHash(`${server.url}/accounts/${accountId}/images/${id}/original`)).toBe(sha256);
  }
  const files = new Set(await filesBelow(join(folder, 'blobs')));
  await server.app.images.sweep();
  expect(new Set(await filesBelow(join(folder, 'blobs'))), 'a sweep after kills removes nothing').toEqual(files);
  for (const { sha256 } of images) expect(files).toContain(sha256);
  expect(await filesBelow(join(folder, 'tmp'))).toEqual([]);
  await server.close();
};

test('a server that is killed during uploads loses none that it acknowledged, and leaves nothing half written', {
  timeout: 240_000,
}, async () => {
  // two at a time: most of a round is the start of a server
  const folders = [await useTempFolder(), await useTempFolder()];
  const lives = await Promise.all(
    folders.map(async (folder) => ({ folder, acknowledged: await killRepeatedly(folder) })),
  );
  for (const { folder, acknowledged } of lives) {
    expect(acknowledged.size).toBeGreaterThan(rounds);
    const verified = await runVerify(folder);
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('(missing 0, corrupt 0, unreadable 0)'),
    });
    await expectAllThere(folder, acknowledged);
  }
});
