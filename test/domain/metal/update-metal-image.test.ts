import { describe, expect, test } from 'vitest';
import { ChangeFeed } from '../../../src/domain/changes/change-feed.js';
import { ConflictError, InvalidInputError, NotFoundError } from '../../../src/domain/errors.js';
import { openCaller } from '../../../src/domain/identity/caller.js';
import { defaultLimits } from '../../../src/domain/limits.js';
import { createMetalImageService } from '../../../src/domain/metal/metal-image-service.js';
import type { UpdateMetalImageInput } from '../../../src/domain/metal/update-metal-image.js';
import type { State } from '../../../src/domain/ports.js';
import { useMetalStore } from '../../support/metal-store.js';
import { sampleMetalImage } from '../../support/samples.js';

const changes = await ChangeFeed.open('none', {
  head: async () => 0,
  oldest: async () => [],
  images: async () => [],
  entries: async () => [],
  metalImages: async () => [],
  changedImages: async () => [],
});

const imageId = 'ubuntu-20.4.20200502';

const openWithImage = async () => {
  const image = sampleMetalImage(imageId, { description: 'old', features: ['firewall'], classification: 'supported' });
  const store = await useMetalStore([image]);
  const update = (input: Omit<UpdateMetalImageInput, 'imageId'>) =>
    store.metal.update(openCaller, { imageId, ...input });
  return { ...store, image, update, refusalOf: (input: object) => update(input).catch((error: unknown) => error) };
};

test('each field that is given is replaced, every other one stays, and the revision rises', async () => {
  const { metal, clock, image, update } = await openWithImage();
  const changes: Omit<UpdateMetalImageInput, 'imageId'>[] = [
    { name: 'new' },
    { name: '', description: '' },
    { url: 'https://elsewhere.example/' },
    { features: ['machine', 'machine'] },
    { features: ['firewall', 'machine'] },
    { classification: 'deprecated' },
    { expirationDate: new Date('2020-01-01T00:00:00Z') },
    // a zero date is stored as it is here
    { expirationDate: new Date('0001-01-01T00:00:00Z') },
    {},
    { name: null, description: null, url: null, features: null, classification: null, expirationDate: null },
  ];
  let expected = image;
  for (const change of changes) {
    clock.now = new Date(clock.now.getTime() + 1);
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null));
    expected = { ...expected, ...given, changed: clock.now, revision: expected.revision + 1 };
    if (change.features)
      expected = {
        ...expected,
        features: change.features.includes('firewall') ? ['machine', 'firewall'] : ['machine'],
      };
    expect(await update(change)).toEqual(expected);
    expect(await metal.find(openCaller, [imageId])).toEqual([expected]);
  }
});

test('features are replaced as a whole, and an empty list clears them', async () => {
  const { update } = await openWithImage();
  expect(await update({ features: ['machine'] })).toMatchObject({ features: ['machine'] });
  expect(await update({ features: [] })).toMatchObject({ features: [] });
});

test.each([
  [{ url: '' }, 'url', 'Must not be empty.'],
  [{ features: ['toaster'] }, 'features', 'Accepts machine, firewall.'],
  [{ classification: 'new' }, 'classification', 'Accepts preview, supported, deprecated.'],
  [{ classification: '' }, 'classification', 'Accepts preview, supported, deprecated.'],
  [{ name: 'x'.repeat(256) }, 'name', 'Has 256 characters; at most 255 are accepted.'],
  [{ url: '', name: 'x'.repeat(256), classification: '' }, 'name', 'Has 256 characters; at most 255 are accepted.'],
])('%o is refused, and nothing of the update is written', async (input, field, message) => {
  const { metal, image, refusalOf } = await openWithImage();
  const refusal = await refusalOf({ description: 'new', ...input });
  expect(refusal).toBeInstanceOf(InvalidInputError);
  expect((refusal as InvalidInputError).issues[0]).toMatchObject({ path: [field], message });
  expect(await metal.find(openCaller, [imageId])).toEqual([image]);
});

test.each(['ubuntu-20.4', '', 'UBUNTU-20.4.20200502'])('%j, which no image has exactly, is not found', async (id) => {
  const { metal } = await openWithImage();
  const refusal = await metal.update(openCaller, { imageId: id, url: '' }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(NotFoundError);
  expect(refusal).toMatchObject({ message: `No metal image has the id ${id}.` });
});

describe('an update of what was changed meanwhile is a conflict with the image as it is now', () => {
  const conflictWith = (current: unknown) => ({
    message: `The metal image ${imageId} was changed since it was read. Read it again, then retry.`,
    current,
  });

  test('by the revision or the time that the caller read', async () => {
    const { clock, image, update, refusalOf } = await openWithImage();
    const { revision, changed } = image;
    clock.now = new Date('2026-06-01T12:00:00.001Z');
    const current = await update({ name: 'first', expectedRevision: revision, expectedChanged: changed });
    const stale = [
      { expectedRevision: revision },
      { expectedChanged: changed },
      { expectedRevision: current.revision, expectedChanged: changed },
      { expectedRevision: revision, expectedChanged: current.changed },
    ];
    for (const expected of stale) {
      const refusal = await refusalOf({ name: 'second', ...expected });
      expect(refusal).toBeInstanceOf(ConflictError);
      expect(refusal).toMatchObject(conflictWith(current));
    }
    // within the same millisecond, and with a clock that was set back, the time distinguishes two changes too
    for (const time of [clock.now, new Date(0)]) {
      clock.now = time;
      const before = await update({});
      const after = await update({ name: 'third', expectedChanged: before.changed });
      expect(await refusalOf({ expectedRevision: before.revision })).toMatchObject(conflictWith(after));
      expect(await refusalOf({ expectedChanged: before.changed })).toMatchObject(conflictWith(after));
    }
    expect(await update({ expectedRevision: null, expectedChanged: null })).toMatchObject({ name: 'third' });
  });

  test('of two that read the same revision one wins', async () => {
    const { state, clock, image } = await openWithImage();
    let waiting = 0;
    let release = (): void => undefined;
    const bothHaveRead = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hesitant: State = {
      read: state.read,
      write: async (work) => {
        waiting += 1;
        if (waiting === 2) release();
        await bothHaveRead;
        return state.write(work);
      },
    };
    const metal = createMetalImageService({ state: hesitant, changes, limits: defaultLimits, now: () => clock.now });
    const results = await Promise.allSettled(
      ['one', 'two'].map((name) => metal.update(openCaller, { imageId, name, expectedRevision: image.revision })),
    );
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const lost = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(won).toEqual([expect.objectContaining({ revision: image.revision + 1 })]);
    expect(lost).toEqual([expect.any(ConflictError)]);
    expect(lost[0]).toMatchObject(conflictWith(won[0]));
  });

  test('but not for a caller that says nothing of what it read: only the given columns are written', async () => {
    const { state, clock, image } = await openWithImage();
    const { revision, changed } = image;
    for (const expected of [{}, { expectedRevision: revision }, { expectedChanged: changed }]) {
      const overtaken: State = {
        read: state.read,
        write: async (work) => {
          const [current = image] = await state.read.metal.imagesById([imageId]);
          await state.write(({ metal }) =>
            metal.updateImage(current, { description: 'by another', changed: clock.now }),
          );
          return state.write(work);
        },
      };
      const metal = createMetalImageService({ state: overtaken, changes, limits: defaultLimits, now: () => clock.now });
      const update = metal.update(openCaller, { imageId, name: 'mine', ...expected });
      if (Object.keys(expected).length > 0) {
        await expect(update).rejects.toBeInstanceOf(ConflictError);
      } else {
        const written = { name: 'mine', description: 'by another', revision: revision + 2 };
        expect(await update).toMatchObject(written);
        expect(await state.read.metal.imagesById([imageId])).toMatchObject([written]);
        // for those who come next: the image is the one that they read, until it is overtaken in their turn
        await state.write(async ({ metal: writer }) => {
          const [after] = await writer.imagesById([imageId]);
          if (after) await writer.deleteImage(after);
          await writer.insertImage(image);
        });
      }
    }
  });

  test('unless it was deleted meanwhile', async () => {
    const { state, clock, image } = await openWithImage();
    const overtaken: State = {
      read: state.read,
      write: async (work) => {
        await state.write((writer) => writer.metal.deleteImage(image));
        return state.write(work);
      },
    };
    const metal = createMetalImageService({ state: overtaken, changes, limits: defaultLimits, now: () => clock.now });
    await expect(metal.update(openCaller, { imageId, name: 'late' })).rejects.toBeInstanceOf(NotFoundError);
  });
});
