import { expect, test } from 'vitest';
import { newGate } from '../../support/gate.js';
import { insertSample, sampleBlob, sampleImage, sampleMetadata } from '../../support/samples.js';
import { type OpenStatePair, useStates } from './open-state-pair.js';

export const testTransactions = (open: OpenStatePair): void => {
  test('nothing of a transaction that throws is kept', async () => {
    const [state, other] = await useStates(open);
    const [present, doomed] = [await insertSample(state), sampleImage()];
    const failed = state.write(async (writer) => {
      await writer.saveBlob(sampleBlob(doomed));
      await writer.insertImage(doomed, sampleMetadata(doomed));
      await writer.updateImage(present, { updatedOn: new Date(), version: 2 });
      await writer.updateMetadata(sampleMetadata(present, { altText: 'text' }));
      await writer.grants.revoke('a grant', new Date(9e12));
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    for (const { read } of [state, other]) {
      expect(await read.imagesById([doomed.id, present.id])).toEqual([present]);
      expect(await read.metadataOf([present.id])).toEqual([sampleMetadata(present)]);
      expect((await read.knownHashes([doomed.sha256])).size).toBe(0);
      expect(await read.grants.isRevoked('a grant')).toBe(false);
    }
  });

  test('a write that is acknowledged during a transaction that rolls back survives', async () => {
    const [state] = await useStates(open);
    const rolledBack = state.write(async (writer) => {
      await writer.saveBlob(sampleBlob(sampleImage()));
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('rolled back');
    });
    const kept = insertSample(state);
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect(await state.read.imagesById([(await kept).id])).toEqual([await kept]);
  });

  test('readers of either connection see the state before a long write until it is committed, and do not wait for it', async () => {
    const [first, second] = await useStates(open);
    const present = await insertSample(first);
    const image = sampleImage();
    const [written, release] = [newGate(), newGate()];
    const writing = first.write(async (writer) => {
      await writer.saveBlob(sampleBlob(image));
      await writer.insertImage(image, sampleMetadata(image));
      await writer.updateImage(present, { updatedOn: new Date(), version: 2 });
      written.open();
      await release.opened;
    });
    await written.opened;
    for (const { read } of [first, second]) {
      expect(await read.imagesById([image.id, present.id])).toEqual([present]);
      expect(await read.countImages(image.accountId, {})).toBe(0);
    }
    release.open();
    await writing;
    for (const { read } of [first, second]) {
      expect(await read.imagesById([image.id])).toEqual([image]);
      expect(await read.imagesById([present.id])).toMatchObject([{ version: 2 }]);
    }
  });

  test('a write is seen by the read that follows it, on either connection', async () => {
    const [first, second] = await useStates(open);
    for (let round = 0; round < 10; round += 1) {
      const image = await insertSample(first);
      expect(await first.read.imageByPublicId(image.publicId)).toEqual(image);
      expect(await second.read.imageByPublicId(image.publicId)).toEqual(image);
    }
  });

  test('an image of bytes that nobody knows is refused, and nothing of it is kept', async () => {
    const [state] = await useStates(open);
    const image = sampleImage();
    await expect(state.write((writer) => writer.insertImage(image, sampleMetadata(image)))).rejects.toThrow();
    expect(await state.read.imagesById([image.id])).toEqual([]);
  });
};
