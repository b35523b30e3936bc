import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asAccountId } from '../../../src/domain/images/image.js';
import type { State } from '../../../src/domain/ports.js';
import { insertSample, sampleAccountId, sampleImage } from '../../support/samples.js';
import type { OpenStatePair, StatePair } from './open-state-pair.js';

const accountIds = Array.from({ length: 12 }, sampleAccountId).sort();
const lowest = asAccountId('00000000-0000-0000-0000-000000000000');
const highest = asAccountId('ffffffff-ffff-ffff-ffff-ffffffffffff');
/** How many images the account at this index has. */
const countOf = (index: number): number => 1 + (index % 3);
const largest = 2 ** 31 - 1;

export const testAccounts = (open: OpenStatePair): void => {
  let pair: StatePair;
  let state: State;
  beforeAll(async () => {
    pair = await open();
    [state] = pair.states;
    for (const [index, accountId] of accountIds.entries()) {
      for (let count = countOf(index); count > 0; count -= 1) {
        const disabledOn = count === 1 ? null : new Date();
        await insertSample(
          state,
          sampleImage({ accountId, byteSize: index === 0 ? largest : largest - count, disabledOn }),
        );
      }
    }
  });
  afterAll(() => pair.close());

  test('every window on the accounts has those that have an image, by id', async () => {
    const bound = fc.option(fc.constantFrom(lowest, highest, ...accountIds), { nil: undefined, freq: 2 });
    const queries = fc.record({
      after: bound,
      before: bound,
      take: fc.constantFrom('first', 'last'),
      limit: fc.integer({ min: 1, max: accountIds.length + 2 }),
    });
    await fc.assert(
      fc.asyncProperty(queries, async ({ after, before, take, limit }) => {
        const between = accountIds.filter((id) => (!after || id > after) && (!before || id < before));
        const expected = take === 'first' ? between.slice(0, limit) : between.slice(-limit);
        expect(await state.read.accounts({ after, before, take, limit })).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('the images and bytes of accounts are counted, disabled ones too and beyond 32 bits', async () => {
    const without = sampleAccountId();
    const sizes = await state.read.accountSizes([...accountIds, without]);
    expect(sizes.has(without)).toBe(false);
    for (const [index, accountId] of accountIds.entries()) {
      const imageCount = countOf(index);
      const less = index === 0 ? 0 : (imageCount * (imageCount + 1)) / 2;
      expect(sizes.get(accountId)).toEqual({ imageCount, byteSize: imageCount * largest - less });
    }
  });
};
