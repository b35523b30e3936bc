import { readFile } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { expect, test } from 'vitest';
import type { Fingerprint } from '../../src/domain/images/image.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { cropDistance, keptHashes, type SearchedHashes, searchedHashes } from '../../src/domain/similar/crops.js';
import { fingerprintOf } from '../../src/pipeline/fingerprint.js';
import { sharp } from '../../src/pipeline/sharp.js';
import { gradient, lookalikes, photograph, randomNumbers, transformations } from '../fixtures/photographs.js';

const photographs = 24;
const others = 240;

/** The fingerprint of what an inspection decodes of a file. */
const fingerprintOfImage = async (image: Sharp): Promise<Fingerprint | null> => {
  const { data, info } = await image
    .resize(100, 100, { fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return fingerprintOf({ rgba: data, width: info.width, height: info.height });
};

const differingBits = (a: bigint, b: bigint): number => {
  const bits = BigInt.asUintN(64, a ^ b);
  return [Number(bits >> 32n), Number(bits & 0xffffffffn)].reduce((sum, half) => sum + onesIn(half), 0);
};

const onesIn = (half: number): number => {
  const pairs = half - ((half >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

interface Hashed {
  readonly kept: ReturnType<typeof keptHashes>;
  readonly searched: SearchedHashes;
}

const hashed = (fingerprint: Fingerprint): Hashed => ({
  kept: keptHashes(fingerprint),
  searched: searchedHashes(fingerprint),
});

/** Whether an index would find one by the other, by default. */
const finds = ({ searched }: Hashed, { kept }: Hashed): boolean =>
  differingBits(searched.whole, kept.whole) <= defaultLimits.similarDistance ||
  searched.middles.some((hash) => differingBits(hash, kept.middle) <= cropDistance) ||
  searched.crops.some((hash) => differingBits(hash, kept.whole) <= cropDistance);

const percent = (found: number, all: number): number => Math.round((100 * found) / all);

const must = async (image: Sharp): Promise<Hashed> => {
  const fingerprint = await fingerprintOfImage(image);
  if (!fingerprint) throw new Error('The image has no fingerprint.');
  return hashed(fingerprint);
};

/** The rows of the table in the documentation: what is found of each kind of copy, by the copy and by its source. */
const documented = async (): Promise<Map<string, number>> => {
  const page = await readFile(new URL('../../docs/similar-images.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| (?<name>[^|]+) \| (?<found>\d+) % \|/gm);
  return new Map(Array.from(rows, ({ groups }) => [groups?.['name'] ?? '', Number(groups?.['found'])]));
};

test('copies are found as the documentation says, and no other photograph with them', {
  timeout: 120_000,
}, async () => {
  const seeds = Array.from({ length: photographs }, (_, index) => index + 1);
  const images = seeds.map(photograph);
  const sources = await Promise.all(images.map((image) => must(image.clone())));
  const measured = new Map<string, number>();
  const copies: { readonly seed: number; readonly copy: Hashed }[] = [];
  for (const [name, transform] of Object.entries(transformations)) {
    let found = 0;
    for (const [index, image] of images.entries()) {
      const [seed, source] = [seeds[index] ?? 0, sources[index]];
      const copy = await must(sharp(await transform(image, randomNumbers(100 + seed))));
      copies.push({ seed, copy });
      // the worse of both directions: by the copy and by its source
      if (source && finds(copy, source) && finds(source, copy)) found += 1;
    }
    measured.set(name, percent(found, photographs));
  }
  if (process.env['PRINT_TABLE']) {
    process.stdout.write(`${[...measured].map(([name, found]) => `| ${name} | ${found} % |`).join('\n')}\n`);
  }
  const expected = await documented();
  expect([...expected.keys()]).toEqual([...measured.keys()]);
  // another version of a codec may decide a photograph or two
  for (const [name, found] of measured) expect(found, name).toBeGreaterThanOrEqual((expected.get(name) ?? 0) - 7);

  const wrong = copies.filter(({ seed, copy }) =>
    sources.some((source, index) => seeds[index] !== seed && finds(copy, source)),
  );
  expect(wrong).toEqual([]);
});

/** How many of all pairs are taken for one: frequencies say little of what differs within the same outline. */
const mistaken: Readonly<Record<string, number>> = { 'a thing in the middle of a white page': 0.005 };

test.each(Object.entries(lookalikes))('of photographs with %s, hardly one is taken for another', async (name, make) => {
  const all = await Promise.all(
    Array.from({ length: others / Object.keys(lookalikes).length }, (_, index) => must(make(1_000 + index))),
  );
  const pairs = all.flatMap((one, index) => all.slice(0, index).filter((other) => finds(one, other)));
  const share = pairs.length / ((all.length * (all.length - 1)) / 2);
  if (process.env['PRINT_TABLE']) process.stdout.write(`${name}: ${pairs.length}, ${share}\n`);
  expect(share).toBeLessThanOrEqual(mistaken[name] ?? 0);
});

test('what has no detail has no fingerprint: flat images and gradients resemble nothing', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    expect(await fingerprintOfImage(gradient(seed))).toBeNull();
    const recompressed = sharp(await gradient(seed).jpeg({ quality: 50 }).toBuffer());
    expect(await fingerprintOfImage(recompressed)).toBeNull();
  }
  for (const background of ['#000', '#fff', '#3a7', { r: 1, g: 2, b: 3, alpha: 0 }]) {
    const flat = sharp({ create: { width: 64, height: 64, channels: 4, background } }).png();
    expect(await fingerprintOfImage(sharp(await flat.toBuffer()))).toBeNull();
  }
  expect(fingerprintOf({ rgba: new Uint8Array(4), width: 1, height: 1 })).toBeNull();
});

test('an image of any extent has a fingerprint or none, and never one of another length', async () => {
  for (const [width, height] of [
    [1, 1],
    [2, 1],
    [1, 100],
    [100, 1],
    [3, 5],
    [31, 33],
    [100, 100],
  ] as const) {
    const random = randomNumbers(width * 1_000 + height);
    const rgba = Uint8Array.from({ length: width * height * 4 }, () => 256 * random());
    const fingerprint = fingerprintOf({ rgba, width, height });
    if (fingerprint !== null) expect(Buffer.from(fingerprint, 'base64')).toHaveLength(256);
  }
});
