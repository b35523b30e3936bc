import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { defaultTransform } from '../../src/domain/delivery/transform/transform.js';
import { UnsupportedImageError } from '../../src/domain/errors.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { ScanData } from '../../src/pipeline/jpeg/scan-data.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { sharp } from '../../src/pipeline/sharp.js';
import { composedJpeg } from '../fixtures/composed-jpeg.js';
import { jpegCode, jpegSegment } from '../fixtures/jpeg-file.js';
import { cmykJpeg, grayJpeg, photoJpeg, photoPng, progressiveJpeg } from '../support/sample-images.js';
import { failureOf, inspect } from './inspect-file.js';
import { planFor, renderQuery, renderSource } from './render-file.js';

/** Neither side is a multiple of a unit. */
const size = { width: 107, height: 203 };
const encoded = async (options: Parameters<ReturnType<typeof sharp>['jpeg']>[0]): Promise<Buffer> =>
  sharp(await photoPng(size))
    .jpeg(options)
    .toBuffer();
const color = [0x11, 0x11, 0x11];
const halved = [0x22, 0x11, 0x11];

const kinds: readonly (readonly [kind: string, make: () => Promise<Buffer>])[] = [
  ['4:2:0', () => photoJpeg(size)],
  ['4:4:4', () => encoded({ chromaSubsampling: '4:4:4', quality: 95 })],
  ['grey', () => grayJpeg(size)],
  ['CMYK', () => cmykJpeg(size)],
  ['with standard tables', () => encoded({ optimiseCoding: false })],
  ['progressive', () => progressiveJpeg(size)],
  ['progressive, 4:4:4', () => encoded({ progressive: true, chromaSubsampling: '4:4:4', quality: 95 })],
  ['progressive, of mozjpeg', () => encoded({ mozjpeg: true })],
  [
    'progressive, CMYK',
    async () =>
      sharp(await cmykJpeg(size))
        .jpeg({ progressive: true })
        .toBuffer(),
  ],
  ['with restarts', () => composedJpeg({ ...size, sampling: halved, interval: 7 })],
  ['with a restart behind each unit', () => composedJpeg({ ...size, sampling: color, interval: 1 })],
  ['with a scan for each component', () => composedJpeg({ ...size, sampling: halved, separate: true })],
  [
    'with such scans and restarts',
    () => composedJpeg({ ...size, sampling: [0x21, 0x12, 0x11], separate: true, interval: 5 }),
  ],
  ['grey, with sampling factors', () => composedJpeg({ ...size, sampling: [0x22] })],
  ['without Huffman tables', () => composedJpeg({ ...size, sampling: halved, tables: false })],
];

const endMarker = Buffer.from([0xff, 0xd9]);
const withoutEnd = (jpeg: Buffer): Buffer => jpeg.subarray(0, -endMarker.length);
const firstScan = (jpeg: Buffer): number => jpeg.indexOf(Buffer.from([0xff, jpegCode.scan]));

/** Cut by a number of bytes of its data, with the end marker put back. */
const cutBy = (jpeg: Buffer, count: number): Buffer => Buffer.concat([withoutEnd(jpeg).subarray(0, -count), endMarker]);

/** How much may be cut from a file without all of its first scan being lost: a little, and in even steps. */
function cutsOf(jpeg: Buffer): number[] {
  const dataBytes = jpeg.length - firstScan(jpeg) - 20;
  const steps = Array.from({ length: 24 }, (_, index) => Math.floor(((index + 1) * dataBytes) / 24));
  return [1, 2, 3, 5, 8, 13, 21, ...steps];
}

function resized(
  jpeg: Buffer,
  change: (size: { width: number; height: number }) => { width: number; height: number },
): Buffer {
  const changed = Buffer.from(jpeg);
  let start = 2;
  while (![0xc0, 0xc2].includes(jpeg[start + 1] ?? 0)) start += 2 + jpeg.readUInt16BE(start + 2);
  const { width, height } = change({ width: jpeg.readUInt16BE(start + 7), height: jpeg.readUInt16BE(start + 5) });
  changed.writeUInt16BE(height, start + 5);
  changed.writeUInt16BE(width, start + 7);
  return changed;
}

/** Bytes between two scans, which decoders skip with the warning that they also give of missing data. */
const withOddity = (jpeg: Buffer): Buffer => {
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc2]));
  return Buffer.concat([jpeg.subarray(0, frame), Buffer.from([1, 2, 3]), jpeg.subarray(frame)]);
};

describe('a JPEG whose data end before its last pixel is corrupt, even if it has its end marker', () => {
  test.each(kinds)('%s', async (_kind, make) => {
    const jpeg = await make();
    expect(await inspect(jpeg)).toMatchObject(size);
    for (const count of cutsOf(jpeg)) {
      expect(await failureOf(cutBy(jpeg, count)), `${count} bytes less`).toMatchObject({ code: 'CORRUPT_IMAGE' });
    }
  });

  test.each(kinds)('%s, without its end marker as well', async (_kind, make) => {
    const jpeg = await make();
    for (const count of cutsOf(jpeg)) {
      expect(await failureOf(withoutEnd(jpeg).subarray(0, -count)), `${count} bytes less`).toMatchObject({
        code: 'CORRUPT_IMAGE',
      });
    }
  });

  test.each(kinds.filter(([kind]) => kind.startsWith('progressive')))(
    '%s, with something harmless',
    async (_kind, make) => {
      const jpeg = withOddity(await make());
      expect(await inspect(jpeg)).toMatchObject(size);
      for (const count of cutsOf(jpeg)) {
        expect(await failureOf(cutBy(jpeg, count)), `${count} bytes less`).toMatchObject({ code: 'CORRUPT_IMAGE' });
      }
    },
  );

  test('progressive, cut between two scans', async () => {
    for (const make of [progressiveJpeg, (): Promise<Buffer> => encoded({ mozjpeg: true })]) {
      const jpeg = await make(size);
      let cuts = 0;
      for (let at = firstScan(jpeg); ; cuts++) {
        at = jpeg.indexOf(Buffer.from([0xff, jpegCode.huffman]), at + 2);
        if (at === -1) break;
        const cut = Buffer.concat([jpeg.subarray(0, at), endMarker]);
        expect(await failureOf(cut)).toMatchObject({ reason: 'it has less data than its size asks for' });
      }
      expect(cuts).toBeGreaterThan(3);
    }
  });

  test('large, where decoders shrink while they load', async () => {
    const jpeg = await photoJpeg({ width: 2400, height: 1808 });
    for (const count of [1, 2, 100, 5_000, 50_000]) {
      expect(await failureOf(cutBy(jpeg, count))).toMatchObject({ reason: 'it has less data than its size asks for' });
    }
  });
});

const samplings: readonly (readonly number[])[] = [
  [0x22, 0x11, 0x11],
  [0x11, 0x11, 0x11],
  [0x21, 0x11, 0x11],
  [0x12, 0x11, 0x11],
  [0x14, 0x11, 0x11],
  [0x21, 0x12, 0x11],
  [0x11],
  [0x11, 0x11, 0x11, 0x11],
];

/** A decoder that shrinks while it loads may not come to the last blocks; whether it does depends on both sides. */
const anyComposition = fc
  .record({
    long: fc.oneof(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 200, max: 900 }),
      fc.integer({ min: 1590, max: 1616 }),
    ),
    short: fc.integer({ min: 1, max: 40 }),
    isTall: fc.boolean(),
    sampling: fc.constantFrom(...samplings),
    interval: fc.constantFrom(0, 0, 0, 1, 5),
    separate: fc.constantFrom(false, false, false, true),
  })
  .map(({ long, short, isTall, ...rest }) => ({
    ...rest,
    ...(isTall ? { width: short, height: long } : { width: long, height: short }),
  }));

test('a JPEG of any size, sampling and kind is accepted if it is whole, and corrupt if it lacks a byte', async () => {
  await fc.assert(
    fc.asyncProperty(anyComposition, fc.integer({ min: 1, max: 40 }), async (composition, count) => {
      const jpeg = await composedJpeg(composition);
      const { width, height } = composition;
      expect(await inspect(jpeg)).toMatchObject({ width, height });
      const dataBytes = jpeg.length - firstScan(jpeg) - 20;
      for (const less of [1, Math.min(count, dataBytes)]) {
        expect(await failureOf(cutBy(jpeg, less))).toMatchObject({ code: 'CORRUPT_IMAGE' });
      }
    }),
    { numRuns: 250 },
  );
}, 60_000);

describe('the data of a JPEG are read', () => {
  let advances = 0;
  beforeEach(() => {
    advances = 0;
    const { advance } = ScanData.prototype;
    vi.spyOn(ScanData.prototype, 'advance').mockImplementation(function (this: ScanData) {
      advances += 1;
      return advance.call(this);
    });
  });
  afterEach(() => vi.restoreAllMocks());
  const photo = (height: number) => photoJpeg({ width: 800, height });

  test('by its decoder alone, if that comes to the last row and warns of nothing', async () => {
    for (const make of [
      () => photo(600),
      () => photo(616),
      () => progressiveJpeg(size),
      () => grayJpeg({ width: 99, height: 80 }),
    ]) {
      await inspect(await make());
    }
    expect(advances).toBe(0);
  });

  test('again, if it may have left out the last row', async () => {
    await inspect(await photo(801));
    expect(advances).toBeGreaterThan(0);
  });

  test('again, if it warns', async () => {
    await inspect(withOddity(await progressiveJpeg(size)));
    expect(advances).toBeGreaterThan(0);
  });
});

test('of JPEGs that are read at the same time, only those that lack data are corrupt, whichever reports the warning', async () => {
  const jpeg = await photoJpeg({ width: 1200, height: 800 });
  const isCut = Array.from({ length: 40 }, (_, index) => index % 3 === 0);
  const found = await Promise.allSettled(isCut.map((cut, index) => inspect(cut ? cutBy(jpeg, 1 + index) : jpeg)));
  expect(found.map(({ status }) => status === 'rejected')).toEqual(isCut);
  for (const each of found)
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'CORRUPT_IMAGE' });
});

describe('a JPEG whose header claims more than its data have is corrupt', () => {
  test.each(kinds)('%s', async (_kind, make) => {
    const jpeg = await make();
    const claims = [
      resized(jpeg, ({ width, height }) => ({ width, height: 2 * height })),
      resized(jpeg, ({ width, height }) => ({ width, height: height + 16 })),
      resized(jpeg, ({ width, height }) => ({ width: width + 16, height })),
    ];
    for (const claim of claims) expect(await failureOf(claim)).toMatchObject({ code: 'CORRUPT_IMAGE' });
  });
});

const another = await photoJpeg({ width: 40, height: 40 });

describe('a whole JPEG is accepted, and has the same pixels, with', () => {
  const thumbnail = jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), another]));
  const behindStart = (jpeg: Buffer, part: Buffer): Buffer =>
    Buffer.concat([jpeg.subarray(0, 2), part, jpeg.subarray(2)]);
  const text = Buffer.from('a vendor writes \xff\xe5\x01\x02 something \xff\xc4\xf0\xf0 here', 'latin1');
  const anyKind: readonly (readonly [trait: string, change: (jpeg: Buffer) => Buffer])[] = [
    ['no end marker', withoutEnd],
    ['half an end marker', (jpeg) => jpeg.subarray(0, -1)],
    ['zeros for an end marker', (jpeg) => Buffer.concat([withoutEnd(jpeg), Buffer.alloc(3_000)])],
    ['a trailer for an end marker', (jpeg) => Buffer.concat([withoutEnd(jpeg), Buffer.from('SEFH and more SEFT')])],
    ['another image for an end marker', (jpeg) => Buffer.concat([withoutEnd(jpeg), another])],
    ['another image behind it', (jpeg) => Buffer.concat([jpeg, another])],
    ['a trailer behind it', (jpeg) => Buffer.concat([jpeg, text])],
    ['zeros before its end marker', (jpeg) => Buffer.concat([withoutEnd(jpeg), Buffer.alloc(500), endMarker])],
    ['a thumbnail', (jpeg) => behindStart(jpeg, thumbnail)],
    ['a thumbnail and no end marker', (jpeg) => behindStart(withoutEnd(jpeg), thumbnail)],
  ];
  /** What decoders never look at behind the only scan. */
  const sequential: typeof anyKind = [
    ['markers in a trailer for an end marker', (jpeg) => Buffer.concat([withoutEnd(jpeg), text])],
    ...[
      [0, 0],
      [1, 63],
    ].map(([from = 0, to = 0]): (typeof anyKind)[number] => [
      `a scan that says it has the coefficients ${from} to ${to}`,
      (jpeg) => {
        const changed = Buffer.from(jpeg);
        const start = firstScan(jpeg);
        changed.set([from, to], start + 5 + 2 * (jpeg[start + 4] ?? 0));
        return changed;
      },
    ]),
  ];

  async function expectSame(jpeg: Buffer, changed: Buffer): Promise<void> {
    const facts = await inspect(jpeg);
    expect(facts).toMatchObject({ ...size, mimeType: 'image/jpeg', hasAlpha: false, frameCount: 1 });
    expect(await inspect(changed)).toEqual(facts);
    const stored = { ...(await renderSource(jpeg)), file: { bytes: Buffer.from(changed) } };
    const plan = await planFor(jpeg, { ...defaultTransform, fit: 'inside' }, 'png');
    const variant = await createImageProcessor(defaultLimits).render(stored, plan);
    expect(Buffer.from(variant).equals(Buffer.from(await renderQuery(jpeg, 'fit=inside')))).toBe(true);
    // the stored bytes are not touched
    expect(stored.file.bytes.equals(changed)).toBe(true);
  }

  for (const [trait, change] of anyKind) {
    test.each(kinds)(`${trait}: %s`, async (_kind, make) => {
      const jpeg = await make();
      await expectSame(jpeg, change(jpeg));
    });
  }
  for (const [trait, change] of sequential) {
    test.each([kinds[0], kinds[1], kinds[2], kinds[9]] as typeof kinds)(`${trait}: %s`, async (_kind, make) => {
      const jpeg = await make();
      await expectSame(jpeg, change(jpeg));
    });
  }
});

test.each([
  [0xc3, 'lossless JPEG'],
  [0xc9, 'JPEG with arithmetic coding'],
  [0xca, 'JPEG with arithmetic coding'],
])('a JPEG of a process that no browser shows is refused by its name: %i', async (code, name) => {
  const jpeg = Buffer.from(await photoJpeg(size));
  jpeg[jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 1] = code;
  const error = await failureOf(jpeg);
  expect(error).toEqual(new UnsupportedImageError(name));
});
