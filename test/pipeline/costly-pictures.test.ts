import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CorruptImageError, RenderTimeoutError, TooManyPixelsError } from '../../src/domain/errors.js';
import { defaultLimits } from '../../src/domain/limits.js';
import type { ImageFacts } from '../../src/domain/ports.js';
import { defaultTransform } from '../../src/domain/transform/transform.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { jpegCode, jpegSegment, scannedJpeg } from '../fixtures/jpeg-file.js';
import { onePixelAnimation } from '../fixtures/webp-file.js';
import { animatedWebp, photoJpeg } from '../support/pictures.js';
import { useTempFolder } from '../support/temp-folder.js';
import { planFor, renderSource } from './render-picture.js';

const inspect = async (bytes: Uint8Array): Promise<ImageFacts> => {
  const path = join(await useTempFolder(), 'upload');
  await writeFile(path, bytes);
  return createImageProcessor(defaultLimits).inspect(path);
};
const failureOf = (bytes: Uint8Array): Promise<unknown> => inspect(bytes).catch((error: unknown) => error);

const tooManyScans = new CorruptImageError('it has more than 100 scans');
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
    expect(await failureOf(scannedJpeg(size, 101, between))).toEqual(tooManyScans);
  });

  test('may be followed by what looks like scans, such as the film of a moving photo', async () => {
    const film = Buffer.concat(Array.from({ length: 200 }, () => jpegSegment(jpegCode.scan, Buffer.alloc(6))));
    expect(await inspect(Buffer.concat([await photoJpeg(size), film]))).toMatchObject(size);
  });
});

describe('an animation', () => {
  test('has at most as many frames as the limit says', async () => {
    expect(await inspect(await onePixelAnimation(2_000))).toMatchObject({ width: 1, height: 1, frameCount: 2_000 });
    const failure = await failureOf(await onePixelAnimation(2_001));
    expect(failure).toBeInstanceOf(TooManyPixelsError);
    expect(failure).toMatchObject({ limitFrames: 2_000, message: expect.stringContaining('at most 2000 frames') });
  });

  test('whose frames take too long to blur, one by one, is given up', async () => {
    const bytes = await animatedWebp({ frames: 3 });
    const plan = await planFor(bytes, { ...defaultTransform, blur: 5 }, 'webp');
    const impatient = createImageProcessor({ ...defaultLimits, renderSeconds: 0 });
    const source = await renderSource(bytes);
    await expect(impatient.render(source, plan)).rejects.toThrow(RenderTimeoutError);
    expect((await impatient.render(source, { ...plan, blur: null })).length).toBeGreaterThan(0);
  });
});
