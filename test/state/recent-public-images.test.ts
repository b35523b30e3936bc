import { expect, test } from 'vitest';
import type { PublicId } from '../../src/domain/images/image.js';
import type { PublicImage } from '../../src/domain/ports.js';
import { RecentPublicImages } from '../../src/state/recent-reads.js';
import { newGate } from '../support/gate.js';
import { openTestState } from '../support/open-test-state.js';
import { insertSample, sampleImage, sampleMetadata } from '../support/samples.js';

test('an image is read with one SELECT, and then from memory', async () => {
  const { state, takeQueries } = await openTestState();
  const image = await insertSample(state, sampleImage(), { focalPoint: { x: 0.25, y: 0.5 } });
  takeQueries();
  expect(state.publicImages.peek(image.publicId)).toBeUndefined();
  const found = await state.publicImages.find(image.publicId);
  expect(takeQueries()).toHaveLength(1);
  expect(found).toEqual({
    image,
    source: { mimeType: 'image/png', width: 640, height: 480, hasAlpha: true, frameCount: 1 },
    focalPoint: { x: 0.25, y: 0.5 },
  });
  expect(await state.publicImages.find(image.publicId)).toBe(found);
  expect(state.publicImages.peek(image.publicId)).toBe(found);
  expect(takeQueries()).toEqual([]);
});

test('an unknown image is not remembered as unknown', async () => {
  const { state } = await openTestState();
  const image = sampleImage();
  expect(await state.publicImages.find(image.publicId)).toBeNull();
  await insertSample(state, image);
  expect(await state.publicImages.find(image.publicId)).toMatchObject({ image });
});

test('each kind of write is seen as soon as it is acknowledged, and leaves other images alone', async () => {
  const { state } = await openTestState();
  const [image, other] = [await insertSample(state), await insertSample(state)];
  const find = () => state.publicImages.find(image.publicId);
  await find();
  const kept = await state.publicImages.find(other.publicId);
  const updated = await state.write((writer) => writer.updateImage(image, { updatedOn: image.updatedOn, version: 2 }));
  expect(await find()).toMatchObject({ image: { version: 2 } });
  await state.write((writer) => writer.updateMetadata(sampleMetadata(image, { focalPoint: { x: 1, y: 0 } })));
  expect(await find()).toMatchObject({ focalPoint: { x: 1, y: 0 } });
  await state.write((writer) => writer.deleteImage(updated, new Date()));
  expect(await find()).toBeNull();
  expect(state.publicImages.peek(other.publicId)).toBe(kept);
});

test('a write that fails is not seen', async () => {
  const { state } = await openTestState();
  const image = await insertSample(state);
  await state.publicImages.find(image.publicId);
  const failing = state.write(async (writer) => {
    await writer.updateImage(image, { updatedOn: image.updatedOn, version: 9 });
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  expect(await state.publicImages.find(image.publicId)).toMatchObject({ image: { version: 1 } });
});

test('a read that began before a write ended does not bring the old image back', async () => {
  const image = sampleImage();
  const imageOf = (version: number): PublicImage => ({
    image: { ...image, version },
    source: { mimeType: 'image/png', width: 1, height: 1, hasAlpha: false, frameCount: 1 },
    focalPoint: null,
  });
  const gate = newGate();
  let stored = imageOf(1);
  const publicImages = new RecentPublicImages(
    {
      publicImage: async (_publicId: PublicId) => {
        const found = stored;
        await gate.opened;
        return found;
      },
    },
    () => true,
    false,
  );
  const early = publicImages.find(image.publicId);
  stored = imageOf(2);
  publicImages.invalidate(new Set([image.id]));
  gate.open();
  expect((await early)?.image.version).toBe(1);
  expect(publicImages.peek(image.publicId)).toBeUndefined();
  expect((await publicImages.find(image.publicId))?.image.version).toBe(2);
});

test('readers concurrent with writers never get an image older than the last acknowledged write', async () => {
  const { state } = await openTestState();
  const image = await insertSample(state);
  let acknowledged = 1;
  let isOver = false;
  const readers = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const atLeast = acknowledged;
      const found = await state.publicImages.find(image.publicId);
      expect(found?.image.version).toBeGreaterThanOrEqual(atLeast);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  for (let version = 2; version <= 40; version += 1) {
    const before = { ...image, version: version - 1 };
    await state.write((writer) => writer.updateImage(before, { updatedOn: image.updatedOn, version }));
    acknowledged = version;
  }
  isOver = true;
  await Promise.all(readers);
});
