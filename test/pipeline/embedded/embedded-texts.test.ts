import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noEmbeddedTexts } from '../../../src/domain/images/image.js';
import { defaultLimits } from '../../../src/domain/limits.js';
import { createImageProcessor } from '../../../src/pipeline/processor.js';
import { sharp } from '../../../src/pipeline/sharp.js';
import { avifFile, codedItem, exifItem, uint, xmpItem } from '../../fixtures/avif-file.js';
import {
  exifBlock,
  iimDataSet,
  imageResources,
  internationalChunk,
  jpegWith,
  pngWith,
  textChunk,
  webpWith,
  xmpAround,
  xmpPacket,
} from '../../fixtures/embedded-texts.js';
import { gifExtension, gifWith, gifXmp } from '../../fixtures/gif-file.js';
import { photoJpeg, photoPng, photoWebp, pngChunk } from '../../support/sample-images.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const size = { width: 16, height: 12 };
let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let jpeg: Buffer;
let png: Buffer;
let webp: Buffer;
let avif: Buffer;
let gif: Buffer;
beforeAll(async () => {
  folder = await makeTempFolder();
  [jpeg, png, webp] = await Promise.all([photoJpeg(size), photoPng(size), photoWebp(size)]);
  [avif, gif] = await Promise.all([sharp(png).avif({ effort: 0 }).toBuffer(), sharp(png).gif().toBuffer()]);
});
afterAll(() => folder.remove());

let files = 0;
const embeddedOf = async (bytes: Uint8Array, limits = defaultLimits) => {
  files += 1;
  const path = join(folder.path, String(files));
  await writeFile(path, bytes);
  const { embedded, width } = await createImageProcessor(limits).inspect(path);
  expect(width).toBe(size.width);
  return embedded;
};

const everything = {
  altText: { 'x-default': 'A red boat' },
  extendedDescription: { 'x-default': 'A red boat at the quay, seen from above' },
  creators: ['Ann', 'Bob & Co'],
  rights: { 'x-default': '© 2026 Ann' },
};
const found = {
  altText: 'A red boat',
  description: 'A red boat at the quay, seen from above',
  creator: 'Ann, Bob & Co',
  copyright: '© 2026 Ann',
};

test('a file without texts has none', async () => {
  for (const bytes of [jpeg, png, webp, avif, gif]) expect(await embeddedOf(bytes)).toEqual(noEmbeddedTexts);
});

describe('the texts of XMP are read from every format', () => {
  const xmp = xmpPacket(everything);
  const deflated = () => internationalChunk('XML:com.adobe.xmp', deflateSync(xmp), true);
  test.each([
    ['JPEG', () => jpegWith(jpeg, { xmp })],
    ['PNG', () => pngWith(png, [internationalChunk('XML:com.adobe.xmp', xmp)])],
    ['PNG, deflated', () => pngWith(png, [deflated()])],
    ['PNG, behind the pixels', () => pngWith(png, [deflated()], 'last')],
    ['WebP', () => webpWith(webp, size, { xmp })],
    ['AVIF', () => avifFile([codedItem(avif, size), xmpItem(xmp)])],
    ['AVIF, inside of the description', () => avifFile([codedItem(avif, size), xmpItem(xmp, { inside: true })])],
    ['AVIF, of nothing in particular', () => avifFile([codedItem(avif, size), xmpItem(xmp, { references: [] })])],
    ['GIF', () => gifWith(gif, [gifXmp(xmp)])],
    ['GIF, behind the frames', () => Buffer.concat([gif.subarray(0, -1), gifXmp(xmp), gif.subarray(-1)])],
    ['JPEG by another writer', () => sharp(jpeg).withXmp(xmp).jpeg().toBuffer()],
    ['PNG by another writer', () => sharp(jpeg).withXmp(xmp).png().toBuffer()],
    ['WebP by another writer', () => sharp(jpeg).withXmp(xmp).webp().toBuffer()],
    ['AVIF by another writer', () => sharp(jpeg).withXmp(xmp).avif({ effort: 0 }).toBuffer()],
  ])('%s', async (_format, make) => {
    expect(await embeddedOf(await make())).toEqual(found);
  });
});

describe('the texts of EXIF are read from every format', () => {
  const texts = { 270: 'A red boat', 315: 'Ann', 33432: 'Ann\0Editor' };
  const expected = { altText: null, description: 'A red boat', creator: 'Ann', copyright: 'Ann, Editor' };
  for (const order of ['II', 'MM'] as const) {
    test.each([
      ['JPEG', (exif: Buffer) => jpegWith(jpeg, { exif })],
      ['PNG', (exif: Buffer) => pngWith(png, [pngChunk('eXIf', exif)])],
      ['WebP', (exif: Buffer) => webpWith(webp, size, { exif })],
      ['AVIF', (exif: Buffer) => avifFile([codedItem(avif, size), exifItem(exif)])],
      [
        'AVIF, behind a prefix',
        (exif: Buffer) => {
          const data = Buffer.concat([uint(4, 6), Buffer.from('Exif\0\0'), exif]);
          return avifFile([codedItem(avif, size), exifItem(exif, { data })]);
        },
      ],
    ])(`%s, ${order}`, async (_format, make) => {
      expect(await embeddedOf(make(exifBlock(texts, order)))).toEqual(expected);
    });
  }

  test('by another writer', async () => {
    const exif = { IFD0: { ImageDescription: 'A red boat', Artist: 'Ann', Copyright: 'Ann 2026' } };
    for (const bytes of [
      await sharp(jpeg).withExif(exif).webp().toBuffer(),
      await sharp(jpeg).withExif(exif).avif({ effort: 0 }).toBuffer(),
    ]) {
      expect(await embeddedOf(bytes)).toEqual({
        ...{ altText: null, description: 'A red boat', creator: 'Ann', copyright: 'Ann 2026' },
      });
    }
  });

  test('what a camera writes in place of a description is none', async () => {
    for (const boilerplate of ['OLYMPUS DIGITAL CAMERA         ', 'SONY DSC', 'KONICA MINOLTA DIGITAL CAMERA']) {
      expect(await embeddedOf(jpegWith(jpeg, { exif: exifBlock({ 270: boilerplate }) }))).toEqual(noEmbeddedTexts);
    }
  });
});

test('the texts of IPTC-IIM are read, in UTF-8 or else in Latin-1', async () => {
  const iptc = imageResources(
    iimDataSet(80, 'Ann'),
    iimDataSet(80, 'Béa'),
    iimDataSet(116, Buffer.from('© Ann', 'latin1')),
    iimDataSet(120, 'Ein rotes Boot, 红船'),
  );
  expect(await embeddedOf(jpegWith(jpeg, { iptc }))).toEqual({
    ...{ altText: null, description: 'Ein rotes Boot, 红船', creator: 'Ann, Béa', copyright: '© Ann' },
  });
});

test('the text chunks of a PNG are read, deflated ones too', async () => {
  const chunks = [
    textChunk('Comment', 'nothing'),
    textChunk('Author', Buffer.from('Béa', 'latin1')),
    internationalChunk('Description', 'Ein rotes Boot'),
    pngChunk('zTXt', Buffer.concat([Buffer.from('Copyright\0\0'), deflateSync('Ann 2026')])),
  ];
  const expected = { altText: null, description: 'Ein rotes Boot', creator: 'Béa', copyright: 'Ann 2026' };
  expect(await embeddedOf(pngWith(png, chunks))).toEqual(expected);
});

test('the texts of an AVIF are those that describe its image, and not another one in the file', async () => {
  const image = codedItem(avif, size);
  const described = (text: string) => exifBlock({ 270: text });
  const ofThumbnail = { references: [['cdsc', 2]] } as const;
  const bytes = avifFile([
    image,
    { ...image, references: [['thmb', 1]] },
    exifItem(described('A thumbnail'), ofThumbnail),
    xmpItem(xmpPacket(everything), ofThumbnail),
    exifItem(described('A red boat'), { references: [['cdsc', 2, 1]] }),
    exifItem(described('Another boat')),
  ]);
  expect(await embeddedOf(bytes)).toEqual({ ...noEmbeddedTexts, description: 'A red boat' });
});

test('a comment of a GIF, which mostly names a program, is no description', async () => {
  const comment = gifExtension(0xfe, Buffer.from('Created with a program'));
  expect(await embeddedOf(gifWith(gif, [comment]))).toEqual(noEmbeddedTexts);
});

test('each text is that of the best source which has it', async () => {
  const bytes = jpegWith(jpeg, {
    xmp: xmpPacket({ altText: { 'x-default': 'XMP' }, description: { 'x-default': ' \n' } }),
    iptc: imageResources(iimDataSet(120, 'IPTC')),
    exif: exifBlock({ 270: 'EXIF', 315: 'EXIF' }),
  });
  expect(await embeddedOf(bytes)).toEqual({ altText: 'XMP', description: 'IPTC', creator: 'EXIF', copyright: null });
  const both = xmpPacket({ extendedDescription: { en: 'extended' }, description: { en: 'plain' } });
  expect((await embeddedOf(jpegWith(jpeg, { xmp: both }))).description).toBe('extended');
});

describe('XMP in every form', () => {
  const altTextOf = async (xmp: string) => (await embeddedOf(jpegWith(jpeg, { xmp }))).altText;

  test('of several languages the default is read, else the first', async () => {
    expect(await altTextOf(xmpPacket({ altText: { de: 'Boot', 'x-default': 'Boat', fr: 'Bateau' } }))).toBe('Boat');
    expect(await altTextOf(xmpPacket({ altText: { de: 'Boot', fr: 'Bateau' } }))).toBe('Boot');
  });

  test('a namespace counts, not its prefix', async () => {
    const iptc = 'http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/';
    const property = (prefix: string, uri: string) =>
      `<${prefix}:AltTextAccessibility xmlns:${prefix}="${uri}">Boat</${prefix}:AltTextAccessibility>`;
    expect(await altTextOf(xmpAround(property('any', iptc)))).toBe('Boat');
    expect(await altTextOf(xmpAround(property('Iptc4xmpCore', 'http://other.example/')))).toBeNull();
  });

  test('as an attribute, as CDATA, with character references', async () => {
    expect(await altTextOf(xmpAround('', 'Iptc4xmpCore:AltTextAccessibility="Boat"'))).toBe('Boat');
    const element = (inner: string) =>
      xmpAround(`<Iptc4xmpCore:AltTextAccessibility>${inner}</Iptc4xmpCore:AltTextAccessibility>`);
    expect(await altTextOf(element('<![CDATA[a < b]]>'))).toBe('a < b');
    expect(await altTextOf(element('&lt;b&gt; &#x1F6A2;'))).toBe('<b> 🚢');
  });

  test('a text of another resource in the packet is not that of the image', async () => {
    const ingredient = `<xmpMM:Ingredients xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"><rdf:Bag><rdf:li><rdf:Description>
      <Iptc4xmpCore:AltTextAccessibility>Another</Iptc4xmpCore:AltTextAccessibility>
      </rdf:Description></rdf:li></rdf:Bag></xmpMM:Ingredients>`;
    expect(await altTextOf(xmpAround(ingredient))).toBeNull();
  });

  test('an attribute with the name of a property of every object is an attribute', async () => {
    const xmp = xmpAround('<dc:creator toString="a" valueOf="b" __proto__="c">Ann</dc:creator>');
    expect((await embeddedOf(jpegWith(jpeg, { xmp }))).creator).toBe('Ann');
  });
});

describe('a text can be stored and shown', () => {
  const described = async (description: string, limits = defaultLimits) =>
    (await embeddedOf(jpegWith(jpeg, { exif: exifBlock({ 270: description }) }), limits)).description;

  test('without control characters and marks that change the direction of what is around it', async () => {
    expect(await described(' a\x07\x1b[31mb\u202e\u2066c\u200f\td\r\n\r\n\r\n\r\ne  f\u2028 ')).toBe(
      'a[31mbc\u200f d\n\ne f',
    );
    expect(await described('\x01\u202e \n')).toBeNull();
  });

  test('cut to its limit, and no character in two', async () => {
    expect(await described('🚢'.repeat(5_000))).toBe('🚢'.repeat(1_000));
    expect(await described('abc def', { ...defaultLimits, embeddedTextLength: 4 })).toBe('abc');
  });
});
