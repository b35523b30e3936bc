import Database from 'libsql';
import { expect, test } from 'vitest';
import { openTestState } from '../support/open-test-state.js';
import { insertSample, sampleBlob, sampleImage, sampleMetadata } from '../support/samples.js';

test('a write that is acknowledged during a transaction that rolls back survives', async () => {
  const { state } = await openTestState();
  const doomed = sampleImage();
  let seenMeanwhile: unknown;
  const rolledBack = state.write(async (writer) => {
    await writer.saveBlob(sampleBlob(doomed));
    await writer.insertImage(doomed, sampleMetadata(doomed));
    seenMeanwhile = await state.read.imagesById([doomed.id]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new Error('rolled back');
  });
  const kept = insertSample(state);
  await expect(rolledBack).rejects.toThrow('rolled back');
  expect(await state.read.imagesById([(await kept).id])).toEqual([await kept]);
  expect(await state.read.imagesById([doomed.id])).toEqual([]);
  expect(seenMeanwhile, 'uncommitted rows').toEqual([]);
});

test('writers run one after the other, in the order they came', async () => {
  const { state } = await openTestState();
  const log: string[] = [];
  await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      state.write(async () => {
        log.push(`begin ${index}`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`end ${index}`);
      }),
    ),
  );
  expect(log).toEqual(Array.from({ length: 50 }, (_, index) => [`begin ${index}`, `end ${index}`]).flat());
});

test('a write is seen by the read that follows it', async () => {
  const { state } = await openTestState();
  for (let round = 0; round < 20; round += 1) {
    const image = await insertSample(state);
    expect(await state.read.imageByPublicId(image.publicId)).toEqual(image);
  }
});

test('an image of bytes that nobody knows is refused, and nothing of it is kept', async () => {
  const { state } = await openTestState();
  const image = sampleImage();
  await expect(state.write((writer) => writer.insertImage(image, sampleMetadata(image)))).rejects.toThrow();
  expect(await state.read.imagesById([image.id])).toEqual([]);
});

test('a transaction that has begun is not undone by a write of another process', async () => {
  const { state, path } = await openTestState();
  const image = await insertSample(state);
  const other = new Database(path, { timeout: 0 });
  try {
    await state.write(async (writer) => {
      await writer.image(image.id);
      expect(() => other.exec('DELETE FROM "ImageMetadata"')).toThrow('locked');
      await writer.updateImage(image, { updatedOn: image.updatedOn, version: 2 });
    });
  } finally {
    other.close();
  }
  expect(await state.read.imagesById([image.id])).toEqual([{ ...image, version: 2 }]);
});

test('closing waits for the write under way and leaves one file', async () => {
  const { state, path } = await openTestState();
  const writing = insertSample(state);
  await state.close();
  const image = await writing;
  const database = new Database(path);
  try {
    expect(database.prepare('SELECT id FROM "Image"').pluck().all()).toEqual([image.id]);
  } finally {
    database.close();
  }
});
