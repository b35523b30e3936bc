import { describe, expect, test } from 'vitest';
import { defaultTransform } from '../../src/domain/delivery/transform/transform.js';
import { CorruptImageError, RenderTimeoutError, TooManyPixelsError } from '../../src/domain/errors.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { FileWindow } from '../../src/pipeline/file-window.js';
import { checkWholeJpeg } from '../../src/pipeline/jpeg/check-whole-jpeg.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { jpegCode, jpegSegment, scannedJpeg } from '../fixtures/jpeg-file.js';
import { onePixelAnimation } from '../fixtures/webp-file.js';
import { animatedWebp, photoJpeg } from '../support/sample-images.js';
import { inspect } from './inspect-file.js';
import { planFor, renderSource } from './render-file.js';

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

describe('the data of a JPEG are counted within bounded CPU, and other work gets its turn meanwhile', () => {
  const large = { width: 7_000, height: 7_000 };
  const blocks = 875 * 875;
  const frame = (code: number): Buffer =>
    jpegSegment(
      code,
      Buffer.from([8, large.height >> 8, large.height & 255, large.width >> 8, large.width & 255, 1, 1, 0x11, 0]),
    );
  const shortCode = (place: number, symbol: number): Buffer =>
    jpegSegment(jpegCode.huffman, Buffer.from([place, 1, ...Array<number>(15).fill(0), symbol]));
  const scan = (from: number, to: number, bits: number, data: Buffer): Buffer =>
    Buffer.concat([jpegSegment(jpegCode.scan, Buffer.from([1, 1, 0, from, to, bits])), data]);
  const file = (...parts: Buffer[]): Buffer =>
    Buffer.concat([Buffer.from([0xff, 0xd8]), ...parts, Buffer.from([0xff, 0xd9])]);
  const dcScan = scan(0, 0, 0, Buffer.alloc(Math.ceil(blocks / 8)));

  const restarts = Buffer.concat(
    Array.from({ length: blocks }, (_, index) => Buffer.from([0x3f, 0xff, 0xd0 + (index % 8)])),
  ).subarray(0, -2);
  const tables = Buffer.concat(Array<Buffer>(3_600).fill(Buffer.from([0, 1, ...Array<number>(15).fill(0), 0])));

  test.each([
    [
      'restarts behind each of 765,625 blocks',
      file(
        ...[frame(jpegCode.sequential), shortCode(0, 0), shortCode(0x10, 0)],
        jpegSegment(jpegCode.restartInterval, Buffer.from([0, 1])),
        scan(0, 63, 0, restarts),
      ),
    ],
    ['99 scans that go over 49 million pixels', scannedJpeg(large, 99)],
    [
      'two scans with each of 48 million coefficients',
      file(
        ...[frame(jpegCode.progressive), shortCode(0, 0), shortCode(0x10, 0xe0), dcScan],
        scan(1, 63, 1, Buffer.alloc(Math.ceil((15 * 47) / 8))),
        ...[shortCode(0x10, 1), scan(1, 63, 0x10, Buffer.alloc(Math.ceil((blocks * 126) / 8)))],
      ),
    ],
    [
      '860,000 Huffman tables',
      file(frame(jpegCode.progressive), ...Array<Buffer>(240).fill(jpegSegment(jpegCode.huffman, tables)), dcScan),
    ],
  ])('%s', async (_case, bytes) => {
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const start = process.cpuUsage();
    await checkWholeJpeg(new FileWindow(bytes), defaultLimits, { readsData: true }).catch((error: unknown) =>
      expect(error).toBeInstanceOf(CorruptImageError),
    );
    isOver = true;
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1_000_000).toBeLessThan(5);
    expect(turns).toBeGreaterThan(50);
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
