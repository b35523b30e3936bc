import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scannedJpeg } from '../fixtures/jpeg-file.js';
import { inflatingChunk, pngFile } from '../fixtures/png-file.js';
import { onePixelAnimation } from '../fixtures/webp-file.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg, pngBomb, truncated } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const mebibyte = 1024 * 1024;
const warmUpRounds = 60;
const rounds = 300;
const atOnce = 4;
/** A leak of half a megabyte an upload passes it; an allocator that keeps what it once had does not. */
const boundBytes = 150 * mebibyte;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test('three hundred bombs leave no memory and no file behind', { timeout: 120_000 }, async () => {
  const bombs = [
    pngBomb({ width: 16_384, height: 16_384 }),
    pngFile({ width: 3_000, height: 3_000, depth: 1, colorType: 'gray' }),
    pngFile({ width: 1_000, height: 1_000, depth: 16, colorType: 'rgba', interlaced: true }),
    pngFile({
      width: 9,
      height: 9,
      chunks: [inflatingChunk('zTXt', 7 * mebibyte), inflatingChunk('iCCP', 7 * mebibyte)],
    }),
    scannedJpeg({ width: 2_000, height: 2_000 }, 20),
    scannedJpeg({ width: 2_000, height: 2_000 }, 200),
    truncated(await photoJpeg({ width: 1_500, height: 1_500 }), 0.9),
    await onePixelAnimation(500),
  ];
  const upload = async (round: number): Promise<void> => {
    // known bytes are decoded like new ones
    const { __typename } = await uploadImage(server, bombs[round % bombs.length] ?? Buffer.alloc(0));
    expect(__typename).toMatch(/^(Image|\w+Error)$/);
  };
  const uploadMany = async (count: number): Promise<void> => {
    for (let round = 0; round < count; round += atOnce) {
      await Promise.all(Array.from({ length: atOnce }, (_, index) => upload(round + index)));
    }
  };
  await uploadMany(warmUpRounds);
  const before = process.memoryUsage().rss;
  await uploadMany(rounds);
  expect(process.memoryUsage().rss - before).toBeLessThan(boundBytes);
  expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
});
