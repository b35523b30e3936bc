import { expect, test } from 'vitest';
import { QueryTimeoutError } from '../../../src/domain/errors.js';
import type { ImageId } from '../../../src/domain/images/image.js';
import { newestFirst } from '../../../src/domain/images/image-query.js';
import {
  insertMetalImages,
  insertSample,
  sampleAccountId,
  sampleAddress,
  sampleBlob,
  sampleImage,
  sampleMetadata,
  sampleMetalImage,
  sampleSha256,
} from '../../support/samples.js';
import { type OpenStatePair, useStates } from './open-state-pair.js';

const earliest = new Date('0001-01-01T00:00:00.000Z');
const latest = new Date('9999-12-31T23:59:59.999Z');
const manyIds = 10_000;

/** Texts that a database may take for something else. */
const texts = [
  '',
  ' ',
  '%',
  '_',
  '\\',
  '\'; DROP TABLE "Image"; --',
  'it\'s "quoted"',
  'null',
  'ÄÖÜ äöü ß',
  '🖼️ 👩‍👩‍👧 é e\u0301',
  '\u0001\t\r\n\u2028\ufeff',
  'a'.repeat(1_000),
];

export const testValues = (open: OpenStatePair): void => {
  test('texts come back as they went in, and are found by themselves alone', async () => {
    const [state] = await useStates(open);
    const accountId = sampleAccountId();
    const query = { accountId, order: newestFirst, take: 'first', skip: 0, limit: 100 } as const;
    for (const altText of texts) {
      const address = sampleAddress({ entityId: altText, cid: altText });
      const image = await insertSample(state, sampleImage({ accountId }), { altText, address });
      expect(await state.read.metadataOf([image.id])).toEqual([sampleMetadata(image, { altText, address })]);
      expect(await state.read.imageByAddress(accountId, address)).toEqual(image);
    }
    for (const text of texts) {
      const found = await state.read.images({ ...query, filter: { altTextContains: text } });
      expect(found, text).toHaveLength(texts.filter((altText) => altText.includes(text)).length);
    }
    // no text has a NUL, which no filter may take for an end
    for (const text of ['it\0', "it's\0", '\0']) {
      expect(await state.read.countImages(accountId, { altTextContains: text })).toBe(0);
    }
  });

  test('a text is found as it is now, and not as it was', async () => {
    const [state] = await useStates(open);
    const accountId = sampleAccountId();
    const image = await insertSample(state, sampleImage({ accountId }), { altText: 'a red bicycle' });
    const count = (text: string) => state.read.countImages(accountId, { altTextContains: text });
    const write = (altText: string | null) =>
      state.write((writer) => writer.updateMetadata(sampleMetadata(image, { altText })));
    expect([await count('bicycle'), await count('red')]).toEqual([1, 1]);
    await write('a red tricycle');
    expect([await count('bicycle'), await count('TRICYCLE'), await count('red')]).toEqual([0, 1, 1]);
    await write(null);
    expect([await count('tricycle'), await count('')]).toEqual([0, 0]);
    await write('a Bicycle');
    await expect(
      state.write(async (writer) => {
        await writer.updateMetadata(sampleMetadata(image, { altText: 'a scooter' }));
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect([await count('bicycle'), await count('scooter')]).toEqual([1, 0]);
    await state.write((writer) => writer.deleteImage(image, new Date()));
    expect(await count('bicycle')).toBe(0);
  });

  test('an address differs by case, accents and blanks', async () => {
    const [state] = await useStates(open);
    const accountId = sampleAccountId();
    for (const entityId of ['a', 'A', 'ä', 'a ', ' a', 'e\u0301', 'é']) {
      const address = sampleAddress({ entityId });
      const image = await insertSample(state, sampleImage({ accountId }), { address });
      expect(await state.read.imageByAddress(accountId, address)).toEqual(image);
    }
  });

  test('addresses that differ in the last of thousands of characters are different', async () => {
    const [state] = await useStates(open);
    const accountId = sampleAccountId();
    // of many bytes each, and without a pattern that could be compressed
    const part = Array.from({ length: 999 }, (_, index) =>
      String.fromCodePoint(0x20000 + ((index * 7919) % 40_000)),
    ).join('');
    for (const last of ['a', 'b']) {
      const address = sampleAddress({ entityId: part, ds: part, cid: part + last });
      const image = await insertSample(state, sampleImage({ accountId }), { address });
      expect(await state.read.imageByAddress(accountId, address)).toEqual(image);
      expect(await state.write((writer) => writer.imageByAddress(accountId, address))).toEqual(image);
    }
  });

  test('dates keep their milliseconds from the first year to the last, and are ordered and compared by them', async () => {
    const [state] = await useStates(open);
    const accountId = sampleAccountId();
    const dates = [
      earliest,
      new Date(earliest.getTime() + 1),
      new Date(-1),
      new Date(0),
      new Date(1),
      new Date('2026-02-28T23:59:59.999Z'),
      new Date('2026-03-01T00:00:00.000Z'),
      new Date(latest.getTime() - 1),
      latest,
    ];
    const images = [];
    for (const createdOn of dates) {
      images.push(await insertSample(state, sampleImage({ accountId, createdOn, disabledOn: createdOn })));
    }
    const order = { key: 'createdOn', direction: 'asc' } as const;
    const list = (createdOn: { min?: Date; max?: Date }) =>
      state.read.images({ accountId, filter: { createdOn }, order, take: 'first', skip: 0, limit: 100 });
    expect(await list({})).toEqual(images);
    for (const [index, date] of dates.entries()) {
      expect(await list({ min: date, max: date })).toEqual([images[index]]);
      expect(await list({ min: date })).toEqual(images.slice(index));
      expect(await list({ max: date })).toEqual(images.slice(0, index + 1));
    }
    const metalImages = dates.map((expirationDate, index) => sampleMetalImage(`os-${index}`, { expirationDate }));
    await insertMetalImages(state, metalImages);
    const found = await state.read.metal.imagesById(metalImages.map(({ id }) => id));
    expect(found.sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual(metalImages);
  });

  test('versions of metal images are ordered as numbers up to 2^64-1', async () => {
    const [state] = await useStates(open);
    const majors = [0n, 9n, 10n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n];
    await insertMetalImages(
      state,
      majors.map((major) => sampleMetalImage(`os-${major}`)),
    );
    const found = await state.read.metal.matching({ os: 'os', version: {} });
    expect(found.map(({ version }) => version.major)).toEqual(majors.toReversed());
  });

  test(`${manyIds} ids at once are looked up, whichever of them exist`, async () => {
    const [state] = await useStates(open);
    const images = [await insertSample(state), await insertSample(state)];
    const metalImage = sampleMetalImage('os-1');
    await insertMetalImages(state, [metalImage]);
    const ids = [
      images[0]?.id,
      ...Array.from({ length: manyIds }, () => crypto.randomUUID()),
      images[1]?.id,
    ] as ImageId[];
    const hashes = [...images.map(({ sha256 }) => sha256), ...Array.from({ length: manyIds }, () => sampleSha256())];
    const { read } = state;
    const idsOf = (found: readonly { id: string }[]) => found.map(({ id }) => id).sort();
    expect(idsOf(await read.imagesById(ids))).toEqual(idsOf(images));
    expect(await read.metadataOf(ids)).toHaveLength(2);
    expect(await read.blobsOf(hashes)).toHaveLength(2);
    expect((await read.knownHashes(hashes)).size).toBe(2);
    const metalIds = [...ids, metalImage.id];
    expect(await read.metal.imagesById(metalIds)).toEqual([metalImage]);
    expect(await read.metal.usesOf(metalIds)).toEqual([]);
  });

  test('a scan that takes too long is stopped, and the state serves on', async () => {
    const [state] = await useStates(open, { scanSeconds: 0.001, scansWaiting: 100 });
    const accountId = sampleAccountId();
    const altText = 'some text '.repeat(100_000);
    await state.write(async (writer) => {
      const blob = sampleImage();
      await writer.saveBlob(sampleBlob(blob));
      for (let count = 0; count < 40; count += 1) {
        const image = sampleImage({ accountId, sha256: blob.sha256 });
        await writer.insertImage(image, sampleMetadata(image, { altText, address: sampleAddress() }));
      }
    });
    // too short for an index
    const count = state.read.countImages(accountId, { altTextContains: 'zz' });
    await expect(count).rejects.toBeInstanceOf(QueryTimeoutError);
    const image = await insertSample(state);
    expect(await state.read.imagesById([image.id])).toEqual([image]);
  });
};
