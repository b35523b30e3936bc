import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CorruptImageError } from '../../src/domain/errors.js';
import { defaultLimits } from '../../src/domain/limits.js';
import type { ImageFacts } from '../../src/domain/ports.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { jpegCode, jpegSegment, scannedJpeg } from '../fixtures/jpeg-file.js';
import { inflatingChunk, pngFile } from '../fixtures/png-file.js';
import { photoJpeg } from '../support/pictures.js';
import { useTempFolder } from '../support/temp-folder.js';

const inspect = async (bytes: Uint8Array): Promise<ImageFacts> => {
  const path = join(await useTempFolder(), 'upload');
  await writeFile(path, bytes);
  return createImageProcessor(defaultLimits).inspect(path);
};
const failureOf = (bytes: Uint8Array): Promise<unknown> => inspect(bytes).catch((error: unknown) => error);

const tooManyParts = new CorruptImageError('it has too many parts');
const size = { width: 640, height: 480 };

describe('a JPEG', () => {
  test('may have as many scans as encoders write, and many times that', async () => {
    expect(await inspect(scannedJpeg(size, 100))).toMatchObject(size);
  });

  test.each([
    ['alone', Buffer.alloc(0)],
    ['behind what looks like the end of the file', jpegSegment(jpegCode.comment, Buffer.from([0xff, 0xd9]))],
    ['behind fill bytes', Buffer.from([0xff, 0xff, 0xff])],
    ['behind restart markers', Buffer.from([0xff, 0xd0, 0xff, 0xd7])],
  ])('is refused when more scans go over all of it, each %s', async (_case, between) => {
    expect(await failureOf(scannedJpeg(size, 101, between))).toEqual(tooManyParts);
  });

  test('may be followed by what looks like scans, such as the film of a moving photo', async () => {
    const film = Buffer.concat(Array.from({ length: 200 }, () => jpegSegment(jpegCode.scan, Buffer.alloc(6))));
    expect(await inspect(Buffer.concat([await photoJpeg(size), film]))).toMatchObject(size);
  });
});

describe('a PNG', () => {
  test.each(['iCCP', 'iTXt', 'zTXt'] as const)('is refused with more than 100 parts to inflate: %s', async (type) => {
    const part = inflatingChunk(type, 8_000);
    expect(await failureOf(pngFile({ ...size, chunks: Array(101).fill(part) }))).toEqual(tooManyParts);
    expect(await inspect(pngFile({ ...size, chunks: Array(100).fill(part) }))).toMatchObject(size);
  });
});
