import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorCodes } from '../../src/domain/errors.js';
import { outputFormats } from '../../src/domain/images/image.js';
import { sharp } from '../../src/pipeline/sharp.js';
import {
  alphaPng,
  animatedWebp,
  cmykJpeg,
  interlacedPng,
  losslessWebp,
  palettePng,
  photoJpeg,
  photoPng,
  photoWebp,
  progressiveJpeg,
  taggedJpeg,
} from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

const size = { width: 48, height: 32 };
const makers = [
  ...[photoJpeg, progressiveJpeg, cmykJpeg, taggedJpeg, photoPng, interlacedPng, palettePng, alphaPng, photoWebp],
  ...[losslessWebp, (traits: typeof size) => animatedWebp({ ...traits, frames: 3 })],
  async (traits: typeof size) =>
    sharp(await photoPng(traits))
      .avif({ effort: 0 })
      .toBuffer(),
  async (traits: typeof size) =>
    sharp(await alphaPng(traits))
      .avif({ effort: 0 })
      .toBuffer(),
  async (traits: typeof size) =>
    sharp(await animatedWebp(traits), { animated: true })
      .gif()
      .toBuffer(),
  async (traits: typeof size) =>
    sharp(await photoPng(traits))
      .gif()
      .toBuffer(),
];

let server: TestServer;
let valid: readonly Buffer[];
beforeAll(async () => {
  server = await startTestServer();
  valid = await Promise.all(makers.map((make) => make(size)));
});
afterAll(() => server.close());

/** A change at a place that is a fraction of the file, so that it means the same for files of every length. */
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const noise = fc.uint8Array({ minLength: 1, maxLength: 40 });
type Edit = (bytes: Buffer) => Buffer;
const at = (bytes: Buffer, fraction: number): number => Math.floor(bytes.length * fraction);

const flip = fc.tuple(place, fc.nat(7)).map(
  ([where, bit]): Edit =>
    (bytes) => {
      const changed = Buffer.from(bytes);
      const offset = at(bytes, where);
      if (offset < changed.length) changed.writeUInt8(changed.readUInt8(offset) ^ (1 << bit), offset);
      return changed;
    },
);
const cut = place.map(
  (where): Edit =>
    (bytes) =>
      bytes.subarray(0, at(bytes, where)),
);
const remove = fc.tuple(place, fc.nat(60)).map(
  ([where, count]): Edit =>
    (bytes) => {
      const offset = at(bytes, where);
      return Buffer.concat([bytes.subarray(0, offset), bytes.subarray(offset + count)]);
    },
);
const repeat = fc.tuple(place, place).map(
  ([one, other]): Edit =>
    (bytes) => {
      const [start, end] = [at(bytes, Math.min(one, other)), at(bytes, Math.max(one, other))];
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
    },
);
const overwrite = fc.tuple(place, noise).map(
  ([where, written]): Edit =>
    (bytes) => {
      const offset = at(bytes, where);
      return Buffer.concat([bytes.subarray(0, offset), written, bytes.subarray(offset + written.length)]);
    },
);
/** Where sizes, counts and types stand. */
const overwriteHeader = fc.tuple(fc.nat(64), fc.uint8Array({ minLength: 1, maxLength: 4 })).map(
  ([offset, written]): Edit =>
    (bytes) =>
      Buffer.concat([bytes.subarray(0, offset), written, bytes.subarray(offset + written.length)]),
);

const mutated = fc
  .record({
    base: fc.nat(makers.length - 1),
    edits: fc.array(fc.oneof(flip, flip, cut, remove, repeat, overwrite, overwriteHeader), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .map(({ base, edits }) => edits.reduce((bytes, edit) => edit(bytes), valid[base] ?? Buffer.alloc(0)));

const magics = [
  '',
  '\xff\xd8\xff\xe0',
  '\x89PNG\r\n\x1a\n',
  'RIFF\x40\0\0\0WEBP',
  'RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0',
  'GIF89a',
  'GIF89a\x05\0\x05\0\0\0\0\x2c\0\0\0\0\x05\0\x05\0\0\x02',
  '\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf\0\0\x01\x00meta\0\0\0\0',
];
const arbitrary = fc
  .tuple(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 400 }))
  .map(([magic, rest]) => Buffer.concat([Buffer.from(magic, 'latin1'), rest]));

interface Result {
  readonly __typename: string;
  readonly code?: string;
  readonly image?: { readonly link: string };
}

/** Uploads files at once, as many as a request takes. */
const uploadAll = async (files: readonly Buffer[]): Promise<readonly Result[]> => {
  const { data, errors } = await server.upload(
    `mutation($input: UploadImagesInput!) { uploadImages(input: $input) { __typename ... on UploadImagePayload { image { link } } ... on Error { code } } }`,
    { input: { accountId, images: files.map(() => ({ file: null })) } },
    Object.fromEntries(files.map((bytes, index) => [`input.images.${index}.file`, bytes])),
  );
  expect(errors).toBeUndefined();
  return data.uploadImages;
};

const settlesWithImageOrError = async (files: readonly Buffer[]): Promise<void> => {
  for (const { __typename, code, image } of await uploadAll(files)) {
    if (__typename !== 'UploadImagePayload') {
      expect(errorCodes).toContain(code);
      continue;
    }
    // what was accepted can be served: a damage that inspection could have found does not show up later
    for (const format of outputFormats) {
      const response = await fetch(`${image?.link}?size=20x0&format=${format}`);
      expect(response.status).toBe(200);
      await response.arrayBuffer();
    }
  }
  expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
};

const batch = { minLength: 1, maxLength: 10 };
/** A failure reports its files before the test's own time is up, however many smaller ones there are to try. */
const runs = { numRuns: 60, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: true };

test('an image that was damaged in any way is an image that can be served, or a typed error', {
  timeout: 60_000,
}, async () => {
  await fc.assert(fc.asyncProperty(fc.array(mutated, batch), settlesWithImageOrError), runs);
});

test('bytes of any kind, behind the signature of a format or not, are an image or a typed error', {
  timeout: 60_000,
}, async () => {
  await fc.assert(fc.asyncProperty(fc.array(arbitrary, batch), settlesWithImageOrError), runs);
});
