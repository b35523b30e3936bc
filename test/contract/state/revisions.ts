import { expect, test } from 'vitest';
import { WriteConflictError } from '../../../src/domain/errors.js';
import type { ApiKeyId } from '../../../src/domain/identity/api-key.js';
import type { Image } from '../../../src/domain/images/image.js';
import type { MetalImage } from '../../../src/domain/metal/metal-image.js';
import type { ImageColumns, State, StateWriter } from '../../../src/domain/ports.js';
import {
  insertMetalImages,
  insertSample,
  sampleBlob,
  sampleImage,
  sampleMetadata,
  sampleMetalImage,
} from '../../support/samples.js';
import { type OpenStatePair, race, raceRounds, useStates } from './open-state-pair.js';

const updatedOn = new Date('2026-05-06T07:08:09.010Z');

/** What another writer may do to an image after it was read: each makes it another one. */
const overtaking: Record<string, (image: Image) => Omit<ImageColumns, 'updatedOn'>> = {
  'other bytes': ({ version }) => ({ version: version + 1 }),
  'other metadata': ({ metadataRevision }) => ({ metadataRevision: metadataRevision + 1 }),
  'being disabled': () => ({ disabledOn: updatedOn }),
};

/** What may be done to an image as it was read. */
const writes: Record<string, (writer: StateWriter, read: Image) => Promise<unknown>> = {
  'a change': (writer, read) => writer.updateImage(read, { updatedOn, metadataRevision: read.metadataRevision + 1 }),
  'a replacement': async (writer, read) => {
    const other = sampleImage();
    await writer.saveBlob(sampleBlob(other));
    return writer.updateImage(read, { updatedOn, sha256: other.sha256, version: read.version + 1 });
  },
  disabling: (writer, read) => writer.updateImage(read, { updatedOn, disabledOn: new Date(0) }),
  'a deletion': (writer, read) => writer.deleteImage(read, updatedOn),
};

const cases = Object.keys(writes).flatMap((write) => Object.keys(overtaking).map((change) => ({ write, change })));

export const testRevisions = (open: OpenStatePair): void => {
  test.each(cases)('$write of an image that was overtaken by $change is not written', async ({ write, change }) => {
    const [first, second] = await useStates(open);
    const read = await insertSample(first);
    const overtaken = await second.write((writer) =>
      writer.updateImage(read, { updatedOn, ...overtaking[change]?.(read) }),
    );
    const late = first.write((writer) => writes[write]?.(writer, read) ?? Promise.resolve());
    await expect(late).rejects.toBeInstanceOf(WriteConflictError);
    expect(await first.read.imagesById([read.id])).toEqual([overtaken]);
  });

  test('an image that is gone is neither changed nor deleted, and nothing else of the transaction is kept', async () => {
    const [first, second] = await useStates(open);
    for (const write of Object.values(writes)) {
      const read = await insertSample(first);
      await second.write((writer) => writer.deleteImage(read, updatedOn));
      const beside = sampleImage();
      const late = first.write(async (writer) => {
        await writer.saveBlob(sampleBlob(beside));
        await writer.insertImage(beside, sampleMetadata(beside));
        await write(writer, read);
      });
      await expect(late).rejects.toBeInstanceOf(WriteConflictError);
      expect(await first.read.imagesById([read.id, beside.id])).toEqual([]);
    }
  });

  test('work that lost a race runs again, reads what the other one left, and succeeds', async () => {
    const [first, second] = await useStates(open);
    const stale = await insertSample(first);
    const current = await second.write((writer) => writer.updateImage(stale, { updatedOn, version: 2 }));
    const read: (Image | null)[] = [];
    const result = await first.write(async (writer) => {
      const before = read.length === 0 ? stale : await writer.image(stale.id);
      read.push(before);
      return writer.updateImage(before ?? stale, { updatedOn, version: (before?.version ?? 0) + 1 });
    });
    expect(read).toEqual([stale, current]);
    expect(result).toEqual({ ...current, version: 3 });
  });

  test('work that loses every race ends after a bounded number of attempts', async () => {
    const [state] = await useStates(open);
    let attempts = 0;
    const gone = sampleImage();
    const work = state.write((writer) => {
      attempts += 1;
      return writer.updateImage(gone, { updatedOn });
    });
    await expect(work).rejects.toThrow(gone.id);
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThan(100);
  });

  test('an error of the work itself is not tried again', async () => {
    const [state] = await useStates(open);
    let attempts = 0;
    const work = state.write(async () => {
      attempts += 1;
      throw new Error('a rule');
    });
    await expect(work).rejects.toThrow('a rule');
    expect(attempts).toBe(1);
  });

  test('increments by two writers at once are all counted', async () => {
    const states = await useStates(open);
    const { id } = await insertSample(states[0]);
    const increment = (state: State) =>
      state.write(async (writer) => {
        const before = await writer.image(id);
        return before && writer.updateImage(before, { updatedOn, version: before.version + 1 });
      });
    // three at a time on each: every attempt but one of six may lose
    for (let round = 0; round < raceRounds; round += 1) {
      const works = [...states, ...states, ...states].map((state) => () => increment(state));
      expect((await race(...works)).lost).toEqual([]);
    }
    expect(await states[1].read.imagesById([id])).toMatchObject([{ version: 1 + 6 * raceRounds }]);
  });

  test('of two updates of a metal image as it was read, one is written', async () => {
    const states = await useStates(open);
    let image = sampleMetalImage('os-1');
    await insertMetalImages(states[0], [image]);
    for (let round = 0; round < raceRounds; round += 1) {
      const before = image;
      const { won, lost } = await race(
        ...states.map(
          (state, index) => () =>
            state.write(({ metal }) => metal.updateImage(before, { name: `name ${index}`, description: `${round}` })),
        ),
      );
      expect(won).toEqual([expect.objectContaining({ revision: before.revision + 1 })]);
      expect(lost).toEqual([expect.any(WriteConflictError)]);
      [image] = won as [MetalImage];
      expect(await states[1].read.metal.imagesById([image.id])).toEqual([image]);
    }
  });

  test('a metal image that was changed since it was read is not deleted', async () => {
    const [first, second] = await useStates(open);
    const image = sampleMetalImage('os-1');
    await insertMetalImages(first, [image]);
    const current = await second.write(({ metal }) => metal.updateImage(image, { name: 'new' }));
    await expect(first.write(({ metal }) => metal.deleteImage(image))).rejects.toBeInstanceOf(WriteConflictError);
    expect(await first.read.metal.imagesById([image.id])).toEqual([current]);
  });

  test('a machine never runs on a metal image that is gone', async () => {
    const [first, second] = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const image = sampleMetalImage(`os-${round}`);
      await insertMetalImages(first, [image]);
      const { won, lost } = await race(
        () => first.write(({ metal }) => metal.saveUse({ machineId: `machine ${round}`, imageId: image.id })),
        () => second.write(({ metal }) => metal.deleteImage(image)),
      );
      expect([won.length, lost.length]).toEqual([1, 1]);
      const [images, uses] = [await first.read.metal.imagesById([image.id]), await first.read.metal.usesOf([image.id])];
      expect(uses).toHaveLength(images.length);
    }
  });

  test('orphans that two delete at once are reported by one of them', async () => {
    const states = await useStates(open);
    const expired = { expirationDate: new Date(0) };
    await insertMetalImages(
      states[0],
      Array.from({ length: 10 }, (_, index) => sampleMetalImage(`os-${index}`, expired)),
    );
    const { won, lost } = await race(
      ...states.map((state) => () => state.write(({ metal }) => metal.deleteOrphans(updatedOn))),
    );
    expect(lost).toEqual([]);
    // the newest of the operating system stays
    expect(won.flat()).toHaveLength(9);
  });

  test('a key that two revoke at once has one date, and a use is never put back', async () => {
    const states = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const id = `key ${round}` as ApiKeyId;
      const key = { id, secretHash: '', accountId: null, scopes: [], createdOn: updatedOn, lastUsedOn: null };
      await states[0].write((writer) => writer.keys.insert({ ...key, revokedOn: null }));
      const { won, lost } = await race(
        ...states.map((state, index) => () => state.write((writer) => writer.keys.setRevoked(id, new Date(index)))),
      );
      expect([won.length, lost.length]).toEqual([1, 1]);
      const revokedOn = (await states[0].read.keys.find(id))?.revokedOn;
      const used = [new Date(60_001), new Date(60_000)];
      await race(
        ...states.map(
          (state, index) => () =>
            state.write((writer) => writer.keys.noteUse(id, used[index] as Date, used[index] as Date)),
        ),
      );
      expect(await states[1].read.keys.find(id)).toEqual({ ...key, revokedOn, lastUsedOn: used[0] });
    }
  });
};
