import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ImageId } from '../../../src/domain/images/image.js';
import { insertSample, sampleAccountId, sampleAddress, sampleImage } from '../../support/samples.js';
import { type OpenStatePair, useStates } from './open-state-pair.js';

export const testRemovals = (open: OpenStatePair): void => {
  test('what was deleted is noted once for all servers, also at the longest addresses, and nothing else', async () => {
    const [first, second] = await useStates(open);
    const accountId = sampleAccountId();
    const long = { entityId: 'ß'.repeat(512), ds: 'ä'.repeat(512), cid: 'b'.repeat(512) };
    const removals = [
      { imageId: randomUUID() as ImageId },
      { metalImageId: 'os-1' },
      { accountId, address: { ...sampleAddress(), ...long } },
    ];
    for (const state of [first, second]) await state.write((writer) => writer.removals.add(removals, new Date()));
    for (const removal of removals) {
      expect(await first.read.removals.has(removal)).toBe(true);
      expect(await second.write((writer) => writer.removals.has(removal))).toBe(true);
    }
    const others = [
      { imageId: randomUUID() as ImageId },
      { metalImageId: 'os-2' },
      { accountId, address: { ...sampleAddress(), ...long, cid: 'c'.repeat(512) } },
      { accountId: sampleAccountId(), address: { ...sampleAddress(), ...long } },
    ];
    for (const other of others) expect(await first.read.removals.has(other)).toBe(false);
    const many = Array.from({ length: 2_500 }, (_, index) => ({ metalImageId: `many-${index}` }));
    await first.write((writer) => writer.removals.add(many, new Date()));
    expect(await second.read.removals.has({ metalImageId: 'many-2499' })).toBe(true);
  });

  test('of an image to delete it is known whether it has an address and whether it was imported', async () => {
    const [state] = await useStates(open);
    const plain = await insertSample(state, sampleImage());
    const imported = await insertSample(state, sampleImage());
    const address = sampleAddress();
    const addressed = await insertSample(state, sampleImage(), { address });
    const id = { imageId: imported.id };
    await state.write(({ origins }) => origins.save(id, { source: 'there', revision: '1' }));
    const removalsOf = (imageId: ImageId) => state.write(async (writer) => writer.imageToDelete(imageId));
    expect(await removalsOf(plain.id)).toEqual({ image: plain, removals: [] });
    expect(await removalsOf(imported.id)).toEqual({ image: imported, removals: [id] });
    const { accountId } = addressed;
    expect(await removalsOf(addressed.id)).toEqual({ image: addressed, removals: [{ accountId, address }] });
    expect(await removalsOf(randomUUID() as ImageId)).toBeNull();
  });
};
