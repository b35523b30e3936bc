import { expect, test } from 'vitest';
import { WriteConflictError } from '../../src/domain/errors.js';
import type { MetalImage } from '../../src/domain/metal/metal-image.js';
import { openTestState } from '../support/open-test-state.js';
import { insertMetalImages, sampleMetalImage } from '../support/samples.js';

const max = 2n ** 64n - 1n;

test('a metal image comes back as it went in, to the ends of what it may be', async () => {
  const { state } = await openTestState();
  const images = [
    sampleMetalImage(`os-${max}.${max}.${max}`, {
      name: "A 'quoted' ünïcode 🖼 text",
      features: ['machine', 'firewall'],
      expirationDate: new Date('0001-01-01T00:00:00.000Z'),
    }),
    sampleMetalImage('-0', { features: [], expirationDate: new Date('9999-12-31T23:59:59.999Z'), revision: 7 }),
  ];
  await insertMetalImages(state, images);
  for (const image of images) expect(await state.read.metal.imagesById([image.id])).toEqual([image]);
});

test('an update writes its columns alone, and only while the revision is the one that was read', async () => {
  const { state, takeQueries } = await openTestState();
  const image = sampleMetalImage('os-1', { revision: 3 });
  await insertMetalImages(state, [image]);
  takeQueries();
  const updated = await state.write(({ metal }) => metal.updateImage(image, { name: 'new' }));
  expect(updated).toEqual({ ...image, name: 'new', revision: 4 });
  const [, set] = takeQueries().flatMap((sql) => /^UPDATE .* SET (.*) WHERE /.exec(sql) ?? []);
  expect(set?.match(/`\w+` =/g)).toEqual(['`name` =', '`revision` =']);
  const late = (before: MetalImage) => state.write(({ metal }) => metal.updateImage(before, { name: 'late' }));
  await expect(late(image)).rejects.toBeInstanceOf(WriteConflictError);
  await expect(late(sampleMetalImage('os-2'))).rejects.toBeInstanceOf(WriteConflictError);
  expect(await state.read.metal.imagesById(['os-1'])).toEqual([updated]);
});

test('an image that a machine uses cannot go, and a use needs its image', async () => {
  const { state } = await openTestState();
  const image = sampleMetalImage('os-1');
  await insertMetalImages(state, [image]);
  await state.write(({ metal }) => metal.saveUse({ machineId: 'm', imageId: 'os-1' }));
  await expect(state.write(({ metal }) => metal.deleteImage(image))).rejects.toMatchObject({ code: 'P2003' });
  await expect(state.write(({ metal }) => metal.saveUse({ machineId: 'm', imageId: 'os-2' }))).rejects.toMatchObject({
    code: 'P2003',
  });
  expect(await state.read.metal.usesOf(['os-1', 'os-2'])).toEqual([{ machineId: 'm', imageId: 'os-1' }]);
});
