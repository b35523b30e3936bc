import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { InProcessBus } from '../../src/bus/in-process-bus.js';
import { newestFirst } from '../../src/domain/images/image-query.js';
import { openState } from '../../src/state/sqlite/open-state.js';
import { openTestState } from '../support/open-test-state.js';
import { insertSample, sampleImage } from '../support/samples.js';
import { useTempFolder } from '../support/temp-folder.js';

const journaled = (statements: string[]): string[] => statements.filter((sql) => sql.includes('INTO "Change"'));

test('a write costs one statement more for its changes, however many, and none if nothing changed', async () => {
  const { state, takeQueries } = await openTestState();
  const image = await insertSample(state);
  expect(journaled(takeQueries())).toHaveLength(1);
  await state.write(async (writer) => {
    const disabled = await writer.updateImage(image, { disabledOn: image.updatedOn, updatedOn: image.updatedOn });
    await writer.updateImage(disabled, { disabledOn: null, updatedOn: image.updatedOn });
  });
  expect(journaled(takeQueries())).toHaveLength(1);
  await state.write((writer) => writer.image(image.id));
  expect(journaled(takeQueries())).toHaveLength(0);
  const changes = await state.read.changes.images(image.accountId, 0, 10);
  expect(changes.map(({ seq, kind }) => [seq, kind])).toEqual([
    [1, 'CREATED'],
    [2, 'DISABLED'],
    [3, 'ENABLED'],
  ]);
});

test('a write that fails leaves no change, and its number is used by the next', async () => {
  const { state } = await openTestState();
  const image = await insertSample(state);
  const failing = state.write(async (writer) => {
    await writer.deleteImage(image, new Date());
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  const other = await insertSample(state, sampleImage({ accountId: image.accountId }));
  const changes = await state.read.changes.images(image.accountId, 0, 10);
  expect(changes.map(({ seq, imageId }) => [seq, imageId])).toEqual([
    [1, image.id],
    [2, other.id],
  ]);
});

test('a write whose consumers fail is acknowledged: it is committed, and caches follow it', async () => {
  const failures: unknown[] = [];
  const bus = new InProcessBus((error) => void failures.push(error));
  bus.consume(() => {
    throw new Error('broken');
  });
  const state = await openState({ path: join(await useTempFolder(), 'state.db'), bus });
  onTestFinished(() => state.close());
  const image = await insertSample(state);
  const listed = () =>
    state.read.images({ accountId: image.accountId, filter: {}, order: newestFirst, take: 'first', skip: 0, limit: 2 });
  expect(await listed()).toEqual([image]);
  const disabled = await state.write((writer) =>
    writer.updateImage(image, { disabledOn: new Date(0), updatedOn: new Date(0) }),
  );
  expect(await listed()).toEqual([disabled]);
  expect(await state.read.changes.head()).toBe(2);
  expect(failures).toEqual([new Error('broken'), new Error('broken')]);
});

test('the changes of concurrent writes are numbered in the order of their commits, and outlive their images', async () => {
  const { state } = await openTestState();
  const images = await Promise.all(Array.from({ length: 10 }, () => insertSample(state)));
  await Promise.all(images.map((image) => state.write((writer) => writer.deleteImage(image, new Date()))));
  expect(await state.read.changes.head()).toBe(20);
  for (const { id, accountId } of images) {
    const changes = (await state.read.changes.images(accountId, 0, 50)).filter(({ imageId }) => imageId === id);
    expect(changes.map(({ kind, image }) => [kind, image])).toEqual([
      ['CREATED', null],
      ['DELETED', null],
    ]);
  }
});
