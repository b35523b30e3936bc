import { expect, test } from 'vitest';
import type { Sha256 } from '../../../src/domain/images/image.js';
import type { State } from '../../../src/domain/ports.js';
import { insertSample, sampleBlob, sampleImage, sampleSha256 } from '../../support/samples.js';
import { type OpenStatePair, race, raceRounds, useStates } from './open-state-pair.js';

/** The tombstone of a blob that the state knows. */
const unnamedOnOf = async ({ read }: State, sha256: Sha256): Promise<Date | null> => {
  const blob = (await read.listBlobs(null, 100)).find((known) => known.sha256 === sha256);
  if (!blob) throw new Error('the blob is not known');
  return blob.unnamedOn;
};

const noon = new Date('2026-03-01T12:00:00.123Z');
const laterThanNoon = new Date('2026-03-01T12:00:00.124Z');

export const testTombstones = (open: OpenStatePair): void => {
  test('a blob gets its tombstone with the last image that names it, and not before', async () => {
    const [state] = await useStates(open);
    const first = await insertSample(state);
    const second = await insertSample(state, sampleImage({ sha256: first.sha256 }));
    await state.write((writer) => writer.deleteImage(first, new Date(1)));
    expect(await unnamedOnOf(state, first.sha256)).toBeNull();
    await state.write((writer) => writer.deleteImage(second, noon));
    expect(await unnamedOnOf(state, first.sha256)).toEqual(noon);
  });

  test('a blob whose last image gets other bytes has its tombstone from then on', async () => {
    const [state] = await useStates(open);
    const [image, other] = [await insertSample(state), sampleImage()];
    await state.write(async (writer) => {
      await writer.saveBlob(sampleBlob(other));
      await writer.updateImage(image, { sha256: other.sha256, updatedOn: noon });
    });
    expect(await unnamedOnOf(state, image.sha256)).toEqual(noon);
    expect(await unnamedOnOf(state, other.sha256)).toBeNull();
  });

  test('a tombstone that is rolled back with its delete was never there', async () => {
    const [state] = await useStates(open);
    const image = await insertSample(state);
    const failed = state.write(async (writer) => {
      await writer.deleteImage(image, noon);
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    expect(await unnamedOnOf(state, image.sha256)).toBeNull();
  });

  test('naming a blob again clears its tombstone; saving it as unnamed changes nothing of one that is known', async () => {
    const [state] = await useStates(open);
    const image = await insertSample(state);
    await state.write((writer) => writer.saveUnnamedBlob(sampleBlob(image), noon));
    expect(await unnamedOnOf(state, image.sha256)).toBeNull();
    await state.write((writer) => writer.deleteImage(image, noon));
    await state.write((writer) => writer.saveUnnamedBlob(sampleBlob(image), laterThanNoon));
    expect(await unnamedOnOf(state, image.sha256)).toEqual(noon);
    await insertSample(state, sampleImage({ sha256: image.sha256 }));
    expect(await unnamedOnOf(state, image.sha256)).toBeNull();
  });

  test('removable is a blob with a tombstone that is old enough, and never one that an image names', async () => {
    const [state] = await useStates(open);
    const [named, unnamed] = [await insertSample(state), sampleImage()];
    await state.write((writer) => writer.saveUnnamedBlob(sampleBlob(unnamed), laterThanNoon));
    const remove = (sha256: Sha256, before: Date) => state.write((writer) => writer.deleteUnnamedBlob(sha256, before));
    expect(await remove(unnamed.sha256, noon)).toBe(false);
    expect(await remove(named.sha256, laterThanNoon)).toBe(false);
    expect(await remove(sampleSha256(), laterThanNoon)).toBe(false);
    expect(await remove(unnamed.sha256, laterThanNoon)).toBe(true);
    expect(await remove(unnamed.sha256, laterThanNoon)).toBe(false);
    expect(await state.read.knownHashes([named.sha256, unnamed.sha256])).toEqual(new Set([named.sha256]));
  });

  test('tombstones are found oldest first, in pages that meet each once, and without those that are too young', async () => {
    const [state] = await useStates(open);
    const dates = [9, 8, 7, 7, 7, 6].map((ms) => new Date(ms));
    const unnamed = dates.map((unnamedOn) => ({ unnamedOn, sha256: sampleSha256() }));
    await state.write(async (writer) => {
      for (const { unnamedOn, sha256 } of unnamed) {
        await writer.saveUnnamedBlob(sampleBlob(sampleImage({ sha256 })), unnamedOn);
      }
    });
    await insertSample(state);
    const expected = unnamed
      .slice(1)
      .sort((one, other) => Number(one.unnamedOn) - Number(other.unnamedOn) || (one.sha256 < other.sha256 ? -1 : 1));
    expect(await state.read.unnamedBlobs(new Date(8), 10, null)).toEqual(expected);
    const paged = [];
    for (let page = await state.read.unnamedBlobs(new Date(8), 2, null); page.length > 0; ) {
      paged.push(...page);
      page = await state.read.unnamedBlobs(new Date(8), 2, page.at(-1) ?? null);
    }
    expect(paged).toEqual(expected);
  });

  test('of two deletions of the last images of a blob at once, one leaves the tombstone', async () => {
    const [first, second] = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const images = [await insertSample(first)];
      images.push(await insertSample(first, sampleImage({ sha256: images[0]?.sha256 ?? sampleSha256() })));
      const [one, other] = images as [(typeof images)[0], (typeof images)[0]];
      const { lost } = await race(
        () => first.write((writer) => writer.deleteImage(one, noon)),
        () => second.write((writer) => writer.deleteImage(other, noon)),
      );
      expect(lost).toEqual([]);
      expect(await unnamedOnOf(first, one.sha256)).toEqual(noon);
    }
  });

  test('a blob that is named again while its last image goes, or while it is swept, is known and has no tombstone', async () => {
    const [first, second] = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const [last, again] = [await insertSample(first), sampleImage()];
      const { sha256 } = last;
      const named = await race(
        () => first.write((writer) => writer.deleteImage(last, noon)),
        () => insertSample(second, { ...again, sha256 }),
      );
      expect(named.lost).toEqual([]);
      expect(await unnamedOnOf(first, sha256)).toBeNull();

      const [unnamed, late] = [sampleImage(), sampleImage()];
      await first.write((writer) => writer.saveUnnamedBlob(sampleBlob(unnamed), noon));
      const swept = await race(
        () => first.write((writer) => writer.deleteUnnamedBlob(unnamed.sha256, noon)),
        () => insertSample(second, { ...late, sha256: unnamed.sha256 }),
      );
      expect(swept.lost).toEqual([]);
      expect(await unnamedOnOf(second, unnamed.sha256)).toBeNull();
    }
  });

  test('a blob that two sweep at once is removed by one of them', async () => {
    const states = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const unnamed = sampleImage();
      await states[0].write((writer) => writer.saveUnnamedBlob(sampleBlob(unnamed), noon));
      const { won } = await race(
        ...states.map((state) => () => state.write((writer) => writer.deleteUnnamedBlob(unnamed.sha256, noon))),
      );
      expect(won).toEqual(expect.arrayContaining([true, false]));
    }
  });

  test('a removal that is rolled back leaves the blob and its tombstone', async () => {
    const [state] = await useStates(open);
    const unnamed = sampleImage();
    await state.write((writer) => writer.saveUnnamedBlob(sampleBlob(unnamed), noon));
    const failed = state.write(async (writer) => {
      await writer.deleteUnnamedBlob(unnamed.sha256, noon);
      throw new Error('the bytes stay');
    });
    await expect(failed).rejects.toThrow('the bytes stay');
    expect(await unnamedOnOf(state, unnamed.sha256)).toEqual(noon);
  });
};
