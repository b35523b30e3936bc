import { expect, test } from 'vitest';
import type { Image } from '../../../src/domain/images/image.js';
import type { State } from '../../../src/domain/ports.js';
import {
  insertMetalImages,
  insertSample,
  sampleAccountId,
  sampleImage,
  sampleMetalImage,
} from '../../support/samples.js';
import { type OpenStatePair, race, useStates } from './open-state-pair.js';

const updatedOn = new Date('2026-05-06T07:08:09.010Z');

/** The journal of an account, of whatever connection: kinds in their order. */
const kindsOf = async ({ read }: State, { accountId }: Image): Promise<string[]> =>
  (await read.changes.images(accountId, 0, 1_000)).map(({ kind }) => kind);

export const testChanges = (open: OpenStatePair): void => {
  test('each write of an image adds its change, which both connections read with the image as it is', async () => {
    const states = await useStates(open);
    const image = await insertSample(states[0]);
    const disabled = await states[1].write((writer) => writer.updateImage(image, { updatedOn, disabledOn: updatedOn }));
    const enabled = await states[0].write((writer) => writer.updateImage(disabled, { updatedOn, disabledOn: null }));
    const changed = await states[1].write((writer) => writer.updateImage(enabled, { updatedOn, metadataRevision: 2 }));
    for (const { read } of states) {
      const changes = await read.changes.images(image.accountId, 0, 10);
      expect(changes.map(({ kind, image: current }) => [kind, current])).toEqual(
        ['CREATED', 'DISABLED', 'ENABLED', 'UPDATED'].map((kind) => [kind, changed]),
      );
    }
    await states[0].write((writer) => writer.deleteImage(changed, updatedOn));
    const [last] = (await states[1].read.changes.images(image.accountId, 0, 10)).slice(-1);
    expect(last).toMatchObject({ kind: 'DELETED', imageId: image.id, image: null });
  });

  test('so does each write of a metal image, and its use adds none', async () => {
    const [first, second] = await useStates(open);
    const image = sampleMetalImage('os-1');
    await insertMetalImages(first, [image]);
    const changed = await second.write(({ metal }) => metal.updateImage(image, { name: 'new' }));
    await first.write(({ metal }) => metal.saveUse({ machineId: 'machine', imageId: 'os-1' }));
    await first.write(({ metal }) => metal.deleteUse('machine'));
    await second.write(({ metal }) => metal.deleteImage(changed));
    const changes = await first.read.changes.metalImages(0, 10);
    expect(changes.map(({ kind, imageId }) => [kind, imageId])).toEqual([
      ['CREATED', 'os-1'],
      ['UPDATED', 'os-1'],
      ['DELETED', 'os-1'],
    ]);
  });

  test('a transaction that is rolled back, or that lost a race, adds none', async () => {
    const [first, second] = await useStates(open);
    const image = await insertSample(first);
    const failing = first.write(async (writer) => {
      await writer.updateImage(image, { updatedOn, version: 2 });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await second.write((writer) => writer.updateImage(image, { updatedOn, version: 2 }));
    await expect(first.write((writer) => writer.deleteImage(image, updatedOn))).rejects.toThrow('changed by others');
    expect(await kindsOf(first, image)).toEqual(['CREATED', 'UPDATED']);
  });

  test('changes of both connections at once have one order, in which a reader that goes from cursor to cursor misses none', async () => {
    const states = await useStates(open);
    const accountId = sampleAccountId();
    const before = await states[0].read.changes.head();
    let isWriting = true;
    const seen: string[] = [];
    const reading = (async () => {
      let cursor = before;
      for (let isLast = false; !isLast; ) {
        // lets the writers go on
        await new Promise((resolve) => setImmediate(resolve));
        isLast = !isWriting;
        const changes = await states[1].read.changes.images(accountId, cursor, 3);
        seen.push(...changes.map(({ imageId }) => imageId));
        cursor = changes.at(-1)?.seq ?? cursor;
        isLast &&= changes.length === 0;
      }
    })();
    const works = Array.from(
      { length: 40 },
      (_, index) => async () => insertSample(states[index % 2] as State, sampleImage({ accountId })),
    );
    const { won, lost } = await race(...works);
    isWriting = false;
    await reading;
    expect(lost).toEqual([]);
    expect(seen.toSorted()).toEqual((won as Image[]).map(({ id }) => id).toSorted());
    expect(await states[1].read.changes.head()).toBeGreaterThanOrEqual(before + 40);
  });

  test('old changes go up to a position, and the others stay', async () => {
    const [first, second] = await useStates(open);
    const image = await insertSample(first);
    for (let version = 2, current = image; version < 6; version += 1) {
      const read = current;
      current = await first.write((writer) => writer.updateImage(read, { updatedOn, version }));
    }
    const all = await first.read.changes.images(image.accountId, 0, 10);
    await second.write((writer) => writer.deleteChanges(all[2]?.seq ?? 0));
    const kept = await first.read.changes.images(image.accountId, 0, 10);
    expect(kept.map(({ seq }) => seq)).toEqual(all.slice(3).map(({ seq }) => seq));
    expect(await second.read.changes.oldest(1)).toMatchObject([{ seq: all[3]?.seq }]);
    expect(await second.read.changes.head()).toBe(all.at(-1)?.seq);
  });
};
