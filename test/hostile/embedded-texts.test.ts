import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type EmbeddedTexts, noEmbeddedTexts } from '../../src/domain/images/image.js';
import { defaultLimits } from '../../src/domain/limits.js';
import type { TextBlock } from '../../src/pipeline/container/container.js';
import { exifTexts } from '../../src/pipeline/embedded/exif-texts.js';
import { readEmbedded } from '../../src/pipeline/embedded/read-embedded.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { sharp } from '../../src/pipeline/sharp.js';
import { type AvifItem, avifFile, codedItem, exifItem, uint, xmpItem } from '../fixtures/avif-file.js';
import {
  exifBlock,
  iimDataSet,
  imageResources,
  pngWith,
  textChunk,
  xmpAround,
  xmpPacket,
} from '../fixtures/embedded-texts.js';
import { gifWith, gifXmp, subBlocks } from '../fixtures/gif-file.js';
import { inflatingChunk } from '../fixtures/png-file.js';
import { photoPng, pngChunk } from '../support/sample-images.js';
import { makeTempFolder } from '../support/temp-folder.js';

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
beforeAll(async () => {
  folder = await makeTempFolder();
});
afterAll(() => folder.remove());

let files = 0;
const store = async (bytes: Uint8Array): Promise<string> => {
  files += 1;
  const path = join(folder.path, String(files));
  await writeFile(path, bytes);
  return path;
};

const read = async (kind: TextBlock['kind'], block: Uint8Array | string): Promise<EmbeddedTexts> => {
  const bytes = Buffer.from(block);
  return readEmbedded(await store(bytes), [{ kind, start: 0, end: bytes.length }], defaultLimits);
};

const limit = defaultLimits.embeddedBytes;
/** As long as a block may be. */
const filled = (part: string, around: (inner: string) => string = (inner) => inner): string =>
  around(part.repeat(Math.floor((limit - 1_000) / part.length)));
const described = (inner: string): string => xmpAround(`<dc:description>${inner}</dc:description>`);

describe('XMP that attacks its parser says nothing, or what it says in plain text', () => {
  const entity = (name: string, value: string): string => `<!ENTITY ${name} "${value}">`;
  const laughs = Array.from({ length: 9 }, (_, level) => entity(`l${level + 1}`, `&l${level};`.repeat(10))).join('');
  test.each([
    ['billion laughs', `<!DOCTYPE x [${entity('l0', 'ha')}${laughs}]>${described('&l9;')}`],
    ['an external entity', `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${described('&e;')}`],
    ['an external DTD', `<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">${described('a')}`],
    ['an unknown entity', described('&e;')],
    ['elements in each other', filled('<a>')],
    ['elements in each other, each with a namespace', filled("<a xmlns:b='c'>")],
    [
      'an element with very many attributes',
      xmpAround('', Array.from({ length: 20_000 }, (_, i) => `b${i}=''`).join(' ')),
    ],
    ['a lone surrogate', described('&#xD800;')],
    ['a character that no database stores', described('a&#0;b')],
    ['invalid UTF-8', Buffer.concat([Buffer.from(described('a')), Buffer.from([0xff, 0xc0])])],
    ['UTF-16', Buffer.from(described('a'), 'utf16le')],
    ['no XML at all', 'x'.repeat(1_000)],
    ['an open comment', filled('-', (inner) => `<a><!--${inner}`)],
    ['zeros', Buffer.alloc(limit)],
    ['zeros and no end', Buffer.concat([Buffer.alloc(limit - 1), Buffer.from('x')])],
    ['more than the limit', `${described('a')}${' '.repeat(limit)}`],
  ])('%s', async (_attack, packet) => {
    expect(await read('xmp', packet)).toEqual(noEmbeddedTexts);
  });

  test('a text as long as a packet is cut', async () => {
    expect(
      (
        await read(
          'xmp',
          filled('<b>', () => described('a'.repeat(200_000))),
        )
      ).description,
    ).toHaveLength(1_000);
    const { creator } = await read(
      'xmp',
      filled('<rdf:li>Ann</rdf:li>', (inner) => xmpAround(`<dc:creator><rdf:Bag>${inner}</rdf:Bag></dc:creator>`)),
    );
    expect(creator).toHaveLength(999);
  });

  test('markup in a text is a text', async () => {
    expect((await read('xmp', described('&lt;script&gt;alert(1)&lt;/script&gt;'))).description).toBe(
      '<script>alert(1)</script>',
    );
  });

  test('while a long packet is parsed, others have their turns', async () => {
    const reading = read('xmp', filled('<b/>', xmpAround));
    let isDone = false;
    void reading.then(() => {
      isDone = true;
    });
    let turns = 0;
    for (; !isDone; turns += 1) await nextTurn();
    expect(turns).toBeGreaterThan(10);
  });
});

describe('EXIF and IPTC that lie about their lengths say nothing that is not there', () => {
  const claiming = (change: (tiff: Buffer) => void): Buffer => {
    const tiff = exifBlock({ 270: 'A red boat' });
    change(tiff);
    return tiff;
  };
  test.each([
    ['a directory that is its own beginning', claiming((tiff) => tiff.writeUInt32BE(0, 4))],
    ['a directory behind the end', claiming((tiff) => tiff.writeUInt32BE(0xffff_fff0, 4))],
    ['a value behind the end', claiming((tiff) => tiff.writeUInt32BE(0xffff_fff0, 18))],
    ['a text of another type', claiming((tiff) => tiff.writeUInt16BE(5, 12))],
    ['only a header', exifBlock({}).subarray(0, 8)],
  ])('%s', async (_attack, block) => {
    expect(await read('exif', block)).toEqual(noEmbeddedTexts);
  });

  test('the most entries, and a value as long as it can be said, are read within the block', () => {
    expect(exifTexts(claiming((tiff) => tiff.writeUInt16BE(0xffff, 8))).description).toBe('A red boat');
    expect(exifTexts(claiming((tiff) => tiff.writeUInt32BE(0xffff_ffff, 14))).description).toBe('A red boat');
    const entries = Buffer.concat([
      Buffer.from('MM\0*\0\0\0\x08\xff\xff', 'latin1'),
      Buffer.alloc(65_000, Buffer.from('010e0002ffffffff00000000', 'hex')),
    ]);
    expect(exifTexts(entries).description).toBeDefined();
  });

  test('of thousands of entries with one long value, each tag is read once', () => {
    const value = Buffer.from(`${'x'.repeat(100_000)} DIGITAL CAMERA`);
    const count = 10_000;
    const entry = Buffer.from('010e00020000000000000000', 'hex');
    entry.writeUInt32BE(value.length, 4);
    entry.writeUInt32BE(10 + 12 * count, 8);
    const head = Buffer.from('MM\0*\0\0\0\x08\0\0', 'latin1');
    head.writeUInt16BE(count, 8);
    const decode = vi.spyOn(TextDecoder.prototype, 'decode');
    onTestFinished(() => decode.mockRestore());
    expect(exifTexts(Buffer.concat([head, Buffer.alloc(12 * count, entry), value]))).toEqual({ description: '' });
    expect(decode).toHaveBeenCalledTimes(1);
  });

  test.each([
    ['a resource behind the end', Buffer.from('8BIM\x04\x04\0\0\xff\xff\xff\xff\x1c\x02\x78\0\x05ab', 'latin1')],
    ['a data set behind the end', imageResources(Buffer.from([0x1c, 2, 120, 0x7f, 0xff, 0x61]))],
    ['an extended length', imageResources(Buffer.from([0x1c, 2, 120, 0x80, 4, 0xff, 0xff, 0xff, 0xff]))],
    ['no resources', Buffer.alloc(1_000, 'x')],
  ])('IPTC: %s', async (_attack, block) => {
    expect(await read('iptc', block)).toEqual(noEmbeddedTexts);
  });

  test('thousands of by-lines are one text within its limit', async () => {
    const block = imageResources(...Array.from({ length: 10_000 }, () => iimDataSet(80, 'A')));
    expect((await read('iptc', block)).creator?.length).toBeLessThanOrEqual(1_000);
  });
});

test('text chunks of a PNG that inflate without end, are broken or come in thousands refuse no image', async () => {
  const png = await photoPng({ width: 16, height: 12 });
  const inspect = async (chunks: readonly Buffer[]): Promise<EmbeddedTexts> =>
    (await createImageProcessor(defaultLimits).inspect(await store(pngWith(png, chunks)))).embedded;
  const bomb = inflatingChunk('zTXt', 50 * 1024 * 1024);
  const keyed = pngChunk(
    'zTXt',
    Buffer.concat([Buffer.from('Author\0\0'), bomb.subarray(bomb.indexOf('\0\0', 8) + 2, -4)]),
  );
  expect(await inspect([keyed])).toEqual(noEmbeddedTexts);
  expect(await inspect([pngChunk('iTXt', Buffer.from('Author\0\x01'))])).toEqual(noEmbeddedTexts);
  expect(await inspect([pngChunk('zTXt', Buffer.from('Author\0\0not deflated'))])).toEqual(noEmbeddedTexts);
  expect((await inspect(Array.from({ length: 5_000 }, (_, index) => textChunk('Author', `${index}`)))).creator).toBe(
    '0',
  );
});

describe('items of an AVIF that are damaged or strange have no text, and refuse no image', () => {
  const size = { width: 16, height: 12 };
  const described = exifBlock({ 270: 'A red boat' });
  const packet = xmpPacket({ altText: { 'x-default': 'A red boat' } });
  let avif: Buffer;
  beforeAll(async () => {
    avif = await sharp(await photoPng(size))
      .avif({ effort: 0 })
      .toBuffer();
  });
  const inspectWith = async (...items: readonly AvifItem[]): Promise<EmbeddedTexts> => {
    const path = await store(avifFile([codedItem(avif, size), ...items]));
    const facts = await createImageProcessor(defaultLimits).inspect(path);
    expect(facts).toMatchObject(size);
    return facts.embedded;
  };
  /** A place of its bytes that is true of none. */
  const somewhere = (construction: number, ...extents: readonly number[]): Buffer =>
    Buffer.concat([uint(2, construction, 0, extents.length / 2), uint(4, ...extents)]);

  test.each([
    ['EXIF without the position of its header', exifItem(described, { data: Buffer.alloc(3) })],
    ['EXIF without a byte', exifItem(described, { data: Buffer.alloc(0) })],
    ['EXIF whose header is behind its end', exifItem(described, { data: Buffer.alloc(100, 0xff) })],
    ['EXIF without a place', exifItem(described, { place: somewhere(0) })],
    ['EXIF in another item', exifItem(described, { place: somewhere(2, 0, 20) })],
    ['EXIF of an unknown construction', exifItem(described, { place: somewhere(9, 0, 20) })],
    ['EXIF that is the whole file', exifItem(described, { place: somewhere(0, 0, 0) })],
    ['XMP that is the whole file', xmpItem(packet, { place: somewhere(0, 0, 0) })],
    ['XMP among the bytes of other parts', xmpItem(packet, { place: somewhere(0, 40, 300) })],
    ['XMP in several pieces', xmpItem(packet, { place: somewhere(0, 40, 20, 70, 20) })],
    ['XMP in a thousand pieces', xmpItem(packet, { place: somewhere(0, ...Array(2_000).fill(20)) })],
    ['XMP that is longer than the limit', xmpItem(packet + ' '.repeat(limit))],
    ['XMP that is said to be deflated', xmpItem(packet, { info: '\0application/rdf+xml\0deflate\0' })],
    ['XMP without a content type', xmpItem(packet, { info: '' })],
    ['XMP whose content type does not end', xmpItem(packet, { info: '\0application/rdf+xml' })],
    ['XMP whose name does not end', xmpItem(packet, { info: 'x'.repeat(1 << 20) })],
    ['another content type', xmpItem(packet, { info: '\0text/plain\0\0' })],
    ['an unknown type with the name of XMP', xmpItem(packet, { type: 'XMP ' })],
  ])('%s', async (_attack, strange) => {
    expect(await inspectWith(strange)).toEqual(noEmbeddedTexts);
  });

  test('of thousands of items with texts, the first of each kind is read', async () => {
    const items = Array.from({ length: 1_500 }, (_, index) => exifItem(exifBlock({ 270: `${index}` })));
    expect(await inspectWith(...items)).toEqual({ ...noEmbeddedTexts, description: '0' });
  });

  test('an item that is outside of the file makes the file damaged, whatever it is', async () => {
    for (const item of [exifItem(described), xmpItem(packet)]) {
      await expect(inspectWith({ ...item, place: somewhere(0, 0, 1 << 20) })).rejects.toMatchObject({
        code: 'CORRUPT_IMAGE',
        reason: 'it ends too early',
      });
    }
  });
});

describe('extensions of a GIF that are no XMP have no text, and refuse no image', () => {
  const packet = xmpPacket({ altText: { 'x-default': 'A red boat' } });
  const named = (name: string, data: Buffer): Buffer =>
    Buffer.concat([Buffer.from([0x21, 0xff, name.length]), Buffer.from(name), data]);
  test.each([
    ['a packet in sub-blocks', [named('XMP DataXMP', subBlocks(Buffer.from(packet)))]],
    ['no packet', [gifXmp('')]],
    ['only a name', [named('XMP DataXMP', Buffer.alloc(1))]],
    ['another name', [named('XMP DataXMQ', gifXmp(packet).subarray(14))]],
    ['another label', [Buffer.concat([Buffer.from([0x21, 0xfe]), gifXmp(packet).subarray(2)])]],
    ['a packet that is longer than the limit', [gifXmp(packet + ' '.repeat(limit))]],
    ['thousands of extensions', Array.from({ length: 5_000 }, () => gifXmp('<a>'))],
  ])('%s', async (_attack, blocks) => {
    const gif = await sharp(await photoPng({ width: 16, height: 12 }))
      .gif()
      .toBuffer();
    const facts = await createImageProcessor(defaultLimits).inspect(await store(gifWith(gif, blocks)));
    expect(facts).toMatchObject({ width: 16, embedded: noEmbeddedTexts });
  });
});

test('mutated blocks are read or say nothing, and every text can be stored', async () => {
  const xmp = xmpPacket({ altText: { 'x-default': 'A red boat' }, creators: ['Ann'], rights: { en: '© Ann' } });
  const blocks: readonly (readonly [TextBlock['kind'], Buffer])[] = [
    ['xmp', Buffer.from(xmp)],
    ['exif', exifBlock({ 270: 'A red boat', 315: 'Ann', 33432: 'Ann' }, 'II')],
    ['exifItem', exifItem(exifBlock({ 270: 'A red boat', 315: 'Ann', 33432: 'Ann' })).data],
    ['iptc', imageResources(iimDataSet(80, 'Ann'), iimDataSet(120, 'A red boat'))],
    ['tEXt', Buffer.from('Author\0Ann')],
    ['iTXt', Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`)],
  ];
  const edits = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.nat(255)), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(fc.nat(blocks.length - 1), edits, fc.option(fc.nat(200)), async (which, changes, cut) => {
      const [kind, block] = blocks[which] ?? ['xmp', Buffer.alloc(0)];
      const bytes = Buffer.from(block);
      for (const [where, value] of changes) bytes[Math.floor(where * bytes.length)] = value;
      const texts = await read(kind, cut === null ? bytes : bytes.subarray(0, -1 - cut));
      for (const text of Object.values(texts)) {
        if (text === null) continue;
        expect(text.isWellFormed()).toBe(true);
        expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
        expect(text.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500 },
  );
});
