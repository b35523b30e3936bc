import { expect, test } from 'vitest';
import type { Image } from '../../src/domain/images/image.js';
import { newestFirst } from '../../src/domain/images/image-query.js';
import { RecentImageLists } from '../../src/state/recent-reads.js';
import { newGate } from '../support/gate.js';
import { openTestState } from '../support/open-test-state.js';
import { insertSample, sampleImage, sampleMetadata } from '../support/samples.js';

const { accountId } = sampleImage();
const newest = { accountId, filter: {}, order: newestFirst, take: 'first', skip: 0, limit: 20 } as const;

test('a list is read once, and apart from every other', async () => {
  const { state, takeQueries } = await openTestState();
  const images = [
    await insertSample(state, sampleImage({ accountId })),
    await insertSample(state, sampleImage({ accountId })),
  ];
  takeQueries();
  const list = await state.read.images(newest);
  expect(takeQueries()).toHaveLength(1);
  expect(new Set(list)).toEqual(new Set(images));
  expect(await state.read.images({ ...newest })).toBe(list);
  expect(takeQueries()).toEqual([]);

  const [first = sampleImage()] = list;
  const others = [
    { ...newest, limit: 1 },
    { ...newest, skip: 1 },
    { ...newest, take: 'last' },
    { ...newest, order: { ...newestFirst, direction: 'asc' } },
    { ...newest, filter: { disabled: true } },
    { ...newest, accountId: 'another' },
    { ...newest, after: { value: first.createdOn, id: first.id } },
    { ...newest, before: { value: first.createdOn, id: first.id } },
  ] as Parameters<typeof state.read.images>[0][];
  for (const other of others) {
    expect(await state.read.images(other)).not.toBe(list);
    expect(takeQueries()).toHaveLength(1);
  }
});

test('each kind of write is seen as soon as it is acknowledged', async () => {
  const { state } = await openTestState();
  const read = () => state.read.images(newest);
  expect(await read()).toEqual([]);
  const image = await insertSample(state, sampleImage({ accountId }));
  expect(await read()).toEqual([image]);
  const updated = await state.write((writer) => writer.updateImage(image, { updatedOn: image.updatedOn, version: 2 }));
  expect(await read()).toMatchObject([{ version: 2 }]);
  const described = { ...newest, filter: { altTextContains: 'a word' } };
  expect(await state.read.images(described)).toEqual([]);
  await state.write((writer) => writer.updateMetadata(sampleMetadata(image, { altText: 'a word' })));
  expect(await state.read.images(described)).toHaveLength(1);
  await state.write((writer) => writer.deleteImage(updated, new Date()));
  expect(await read()).toEqual([]);
});

test('a read that began before a write ended does not bring the old list back', async () => {
  const lists = new RecentImageLists(() => true);
  const [old, changed]: [Image[], Image[]] = [[], [sampleImage()]];
  const gate = newGate();
  const early = lists.find(newest, async () => {
    await gate.opened;
    return old;
  });
  lists.invalidate(new Set(changed.map(({ id }) => id)));
  gate.open();
  expect(await early).toBe(old);
  expect(await lists.find(newest, async () => changed)).toBe(changed);
});
