import { expect, test } from 'vitest';
import {
  type Fingerprint,
  factsVersions,
  type Image,
  mimeTypeOf,
  storedFormats,
} from '../../../src/domain/images/image.js';
import type { State } from '../../../src/domain/ports.js';
import { encodeFingerprint } from '../../../src/domain/similar/image-hash.js';
import { atDistance, sampleFingerprint, sampleStrengths } from '../../support/fingerprints.js';
import { sampleAccountId, sampleBlob, sampleImage, sampleMetadata } from '../../support/samples.js';
import { type OpenStatePair, race, raceRounds, useStates } from './open-state-pair.js';

const insertWith = async (
  state: Pick<State, 'write'>,
  fingerprint: Fingerprint | null,
  image: Image = sampleImage(),
): Promise<Image> => {
  await state.write(async (writer) => {
    const blob = { ...sampleBlob(image), fingerprint };
    await writer.saveBlob(blob);
    await writer.insertImage(image, sampleMetadata(image));
    await writer.indexImage(image, blob);
  });
  return image;
};

const similarTo = async (
  { read }: Pick<State, 'read'>,
  fingerprint: Fingerprint,
  { id: except, accountId }: Image,
  { maxDistance = 8, limit = 50 } = {},
) => {
  const found = await read.similarImages({ accountId, fingerprint, maxDistance, except, limit });
  return found.map(({ image, distance }) => ({ id: image.id, distance }));
};

export const testSimilarImages = (open: OpenStatePair): void => {
  test('every image within the distance is found, the nearest first, and none beyond it', async () => {
    const [state] = await useStates(open);
    const accountId = sampleAccountId();
    const strengths = sampleStrengths();
    const base = encodeFingerprint(strengths);
    const image = await insertWith(state, base, sampleImage({ accountId }));
    const inserted: { id: string; distance: number }[] = [];
    for (let index = 0; index < 44; index += 1) {
      const distance = index % 11;
      const { id } = await insertWith(state, atDistance(strengths, distance), sampleImage({ accountId }));
      inserted.push({ id, distance });
    }
    for (const maxDistance of [0, 1, 2, 5, 7, 8, 9, 10]) {
      const found = await similarTo(state, base, image, { maxDistance });
      const ids = found.map(({ id }) => id);
      const within = inserted.filter(({ distance }) => distance <= maxDistance).map(({ id }) => id);
      expect(ids, `within ${maxDistance}`).toEqual(expect.arrayContaining(within));
      const distances = found.map(({ distance }) => distance);
      expect(distances).toEqual(distances.toSorted((a, b) => a - b));
      expect(Math.max(...distances)).toBeLessThanOrEqual(maxDistance);
    }
    expect(await similarTo(state, base, image, { limit: 3 })).toHaveLength(3);
    expect(await similarTo(state, base, image, { limit: 0 })).toEqual([]);
  });

  test('an image of another account is never found, nor the image itself, nor one of another view', async () => {
    const [state] = await useStates(open);
    const fingerprint = sampleFingerprint();
    const image = await insertWith(state, fingerprint);
    await insertWith(state, fingerprint, sampleImage({ sha256: image.sha256 }));
    await insertWith(state, sampleFingerprint(), sampleImage({ accountId: image.accountId }));
    await insertWith(state, null, sampleImage({ accountId: image.accountId }));
    expect(await similarTo(state, fingerprint, image)).toEqual([]);
  });

  test('an image is found by the bytes that it has, and not once it is deleted', async () => {
    const [state] = await useStates(open);
    const accountId = sampleAccountId();
    const [first, second] = [sampleFingerprint(), sampleFingerprint()];
    const searcher = sampleImage({ accountId });
    const image = await insertWith(state, first, sampleImage({ accountId }));
    expect(await similarTo(state, first, searcher)).toEqual([{ id: image.id, distance: 0 }]);
    const other = sampleImage();
    const replaced = await state.write(async (writer) => {
      const blob = { ...sampleBlob(other), fingerprint: second };
      await writer.saveBlob(blob);
      const changed = await writer.updateImage(image, { sha256: other.sha256, version: 2, updatedOn: new Date() });
      await writer.indexImage(changed, blob);
      return changed;
    });
    expect(await similarTo(state, first, searcher)).toEqual([]);
    expect(await similarTo(state, second, searcher)).toEqual([{ id: image.id, distance: 0 }]);
    await state.write((writer) => writer.deleteImage(replaced, new Date()));
    expect(await similarTo(state, second, searcher)).toEqual([]);
  });

  test('older facts are replaced once, and all images with the bytes are found by them', async () => {
    const [state] = await useStates(open);
    const fingerprint = sampleFingerprint();
    const [image, twin] = [sampleImage(), sampleImage()].map((sample, _index, [first]) => ({
      ...sample,
      sha256: (first ?? sample).sha256,
    })) as [Image, Image];
    const old = { ...sampleBlob(image), factsVersion: 0 };
    await state.write(async (writer) => {
      await writer.saveBlob(old);
      for (const each of [image, twin]) await writer.insertImage(each, sampleMetadata(each));
      // an upload of the same bytes finds the fingerprint, but its blob does not have it yet
      await writer.indexImage(image, { ...old, fingerprint });
    });
    expect(await state.read.countBlobsOlderThan(factsVersions)).toBe(1);
    expect(await state.read.blobsOlderThan(factsVersions, null, 10)).toEqual([image.sha256]);
    const searcher = ({ accountId }: Image) => sampleImage({ accountId });
    expect(await similarTo(state, fingerprint, searcher(image))).toEqual([]);
    const facts = { ...old, fingerprint, factsVersion: factsVersions.png };
    expect(await state.write((writer) => writer.updateFacts(facts))).toBe(true);
    expect(await state.write((writer) => writer.updateFacts(facts))).toBe(false);
    for (const each of [image, twin]) {
      expect(await similarTo(state, fingerprint, searcher(each))).toEqual([{ id: each.id, distance: 0 }]);
    }
    expect(await state.read.blobsOlderThan(factsVersions, null, 10)).toEqual([]);
    const { embedded, ...blob } = facts;
    expect(await state.read.blobsOf([image.sha256])).toEqual([blob]);
    expect((await state.read.embeddedOf([image.sha256])).get(image.sha256)).toEqual(embedded);
  });

  test('facts are older if their version is below that of their format', async () => {
    const [state] = await useStates(open);
    const byFormat = new Map<string, Image>();
    for (const format of storedFormats) {
      const image = sampleImage({ mimeType: mimeTypeOf(format) });
      byFormat.set(format, image);
      await state.write(async (writer) => {
        await writer.saveBlob({ ...sampleBlob(image), factsVersion: 3 });
        await writer.insertImage(image, sampleMetadata(image));
      });
    }
    const versions = { jpeg: 3, png: 3, webp: 2, avif: 4, gif: 5 };
    const older = [byFormat.get('avif')?.sha256, byFormat.get('gif')?.sha256].sort();
    expect(await state.read.countBlobsOlderThan(versions)).toBe(2);
    expect(await state.read.blobsOlderThan(versions, null, 10)).toEqual(older);
    expect(await state.read.blobsOlderThan(versions, null, 1)).toEqual(older.slice(0, 1));
    expect(await state.read.blobsOlderThan(versions, older[0] ?? null, 10)).toEqual(older.slice(1));
  });

  test('newer facts with another fingerprint, or none, leave nothing of the one before', async () => {
    const [state] = await useStates(open);
    const [first, second] = [sampleFingerprint(), sampleFingerprint()];
    const image = sampleImage();
    const searcher = sampleImage({ accountId: image.accountId });
    const facts = (factsVersion: number, fingerprint: Fingerprint | null) => ({
      ...sampleBlob(image),
      fingerprint,
      factsVersion,
    });
    await state.write(async (writer) => {
      await writer.saveBlob(facts(0, first));
      await writer.insertImage(image, sampleMetadata(image));
      await writer.indexImage(image, facts(0, first));
    });
    expect(await similarTo(state, first, searcher)).toEqual([{ id: image.id, distance: 0 }]);
    await state.write((writer) => writer.updateFacts(facts(1, second)));
    expect(await similarTo(state, first, searcher)).toEqual([]);
    expect(await similarTo(state, second, searcher)).toEqual([{ id: image.id, distance: 0 }]);
    await state.write((writer) => writer.updateFacts(facts(2, null)));
    expect(await similarTo(state, second, searcher)).toEqual([]);
  });

  test('an image that comes or goes while the facts of its bytes are replaced is found exactly if it is there', async () => {
    const [here, there] = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const fingerprint = sampleFingerprint();
      const going = sampleImage();
      const old = { ...sampleBlob(going), factsVersion: 0 };
      await here.write(async (writer) => {
        await writer.saveBlob(old);
        await writer.insertImage(going, sampleMetadata(going));
      });
      const coming = sampleImage({ sha256: going.sha256 });
      const facts = { ...old, fingerprint, factsVersion: factsVersions.png };
      const { lost } = await race(
        () => here.write((writer) => writer.updateFacts(facts)),
        () => there.write((writer) => writer.deleteImage(going, new Date())),
        () => insertWith(there, fingerprint, coming),
      );
      expect(lost).toEqual([]);
      expect(await similarTo(here, fingerprint, sampleImage({ accountId: going.accountId }))).toEqual([]);
      expect(await similarTo(here, fingerprint, sampleImage({ accountId: coming.accountId }))).toEqual([
        { id: coming.id, distance: 0 },
      ]);
      // rows of the index that outlive their image would be found by a new image with its id
      await insertWith(here, null, sampleImage({ id: going.id, accountId: going.accountId }));
      expect(await similarTo(here, fingerprint, sampleImage({ accountId: going.accountId }))).toEqual([]);
    }
  });
};
