import { expect } from 'vitest';
import type { State } from '../../../src/domain/ports.js';
import { insertMetalImages, insertSample, sampleMetalImage } from '../../support/samples.js';

/** What the journal of a state guarantees after more changes than 32 bits can number. */
export const expectNumbersBeyond32Bits = async (state: State, setLastNumber: (last: number) => Promise<void>) => {
  const last = 2 ** 31 - 2;
  await setLastNumber(last);
  const image = await insertSample(state);
  const updatedOn = new Date('2026-05-06T07:08:09.010Z');
  const changed = await state.write((writer) => writer.updateImage(image, { updatedOn, version: 2 }));
  await state.write((writer) => writer.deleteImage(changed, updatedOn));
  await insertMetalImages(state, [sampleMetalImage('os-1')]);

  const { changes } = state.read;
  const numbersAfter = async (cursor: number): Promise<number[]> =>
    (await changes.images(image.accountId, cursor, 10)).map(({ seq }) => seq);
  expect(await numbersAfter(last)).toEqual([2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1]);
  expect(await numbersAfter(2 ** 31)).toEqual([2 ** 31 + 1]);
  // the largest number that a cursor can have
  expect(await numbersAfter(Number.MAX_SAFE_INTEGER)).toEqual([]);
  expect((await changes.metalImages(2 ** 31 + 1, 10)).map(({ seq }) => seq)).toEqual([2 ** 31 + 2]);
  expect(await changes.head()).toBe(2 ** 31 + 2);
  await state.write((writer) => writer.deleteChanges(2 ** 31));
  expect((await changes.oldest(10)).map(({ seq }) => seq)).toEqual([2 ** 31 + 1, 2 ** 31 + 2]);
};
