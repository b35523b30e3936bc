import { describe, expect, test } from 'vitest';
import { MetalImageInUseError, NotFoundError } from '../../../src/domain/errors.js';
import { openCaller } from '../../../src/domain/identity/caller.js';
import type { MetalImage } from '../../../src/domain/metal/metal-image.js';
import { alpineIds, firewallIds, ubuntuIds } from '../../support/metal-ids.js';
import { useMetalStore } from '../../support/metal-store.js';
import { sampleMetalImage } from '../../support/samples.js';

const idsOf = (images: readonly MetalImage[]) => images.map(({ id }) => id);
const expired = { expirationDate: new Date('2026-05-01T00:00:00Z') };

describe('deleting an image', () => {
  test('answers what it was, be it expired or deprecated', async () => {
    const image = sampleMetalImage('image-3', { ...expired, classification: 'deprecated' });
    const { metal } = await useMetalStore([image]);
    expect(await metal.delete(openCaller, 'image-3')).toEqual(image);
    expect(await metal.find(openCaller, ['image-3'])).toEqual([null]);
    await expect(metal.delete(openCaller, 'image-3')).rejects.toThrow('No metal image has the id image-3.');
  });

  test('is refused while machines use exactly it, and names them all', async () => {
    const { metal } = await useMetalStore(['image-3', 'image-3.0.1'].map((id) => sampleMetalImage(id)));
    for (const machineId of ['m2', 'm1']) await metal.setUse(openCaller, { machineId, imageId: 'image-3' });
    const refusal = await metal.delete(openCaller, 'image-3').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MetalImageInUseError);
    expect(refusal).toMatchObject({
      message: 'Machines use the metal image image-3: m1, m2.',
      machineIds: ['m1', 'm2'],
    });
    expect(await metal.delete(openCaller, 'image-3.0.1')).toMatchObject({ id: 'image-3.0.1' });
    await metal.setUse(openCaller, { machineId: 'm3', imageId: 'image-3' });
    for (const machineId of ['m1', 'm2', 'm3']) await metal.clearUse(openCaller, machineId);
    expect(await metal.delete(openCaller, 'image-3')).toMatchObject({ id: 'image-3' });
  });
});

describe('deleting orphans', () => {
  test('deletes what is expired and unused, and keeps the newest of each operating system', async () => {
    const valid = ['ubuntu-14.1', 'ubuntu-14.4', 'ubuntu-17.4', 'ubuntu-17.10', 'ubuntu-18.4', 'image-1'];
    const outdated = ['ubuntu-19.4', 'ubuntu-19.10', 'alpine-3.9', 'alpine-3.10'];
    const { metal } = await useMetalStore([
      ...valid.map((id) => sampleMetalImage(id)),
      ...outdated.map((id) => sampleMetalImage(id, expired)),
    ]);
    await metal.setUse(openCaller, { machineId: 'm1', imageId: 'image-1' });
    await metal.setUse(openCaller, { machineId: 'm2', imageId: 'ubuntu-19.10' });
    expect(idsOf(await metal.deleteOrphans(openCaller, { dryRun: true }))).toEqual(['alpine-3.9', 'ubuntu-19.4']);
    expect(await metal.count(openCaller, {})).toBe(10);
    expect(idsOf(await metal.deleteOrphans(openCaller, { dryRun: false }))).toEqual(['alpine-3.9', 'ubuntu-19.4']);
    expect(idsOf(await metal.listAll(openCaller, {}))).toEqual([...valid, 'ubuntu-19.10', 'alpine-3.10'].sort());
    expect(await metal.deleteOrphans(openCaller, { dryRun: false })).toEqual([]);
  });

  test('keeps an expired image that is used, the newest though it is neither, and what expires a moment later', async () => {
    const { metal, clock } = await useMetalStore([
      sampleMetalImage('os-1', { expirationDate: new Date('2026-06-01T12:00:00.001Z') }),
      sampleMetalImage('os-2', { expirationDate: new Date('2026-06-01T12:00:00.000Z') }),
      sampleMetalImage('os-3', expired),
      sampleMetalImage('os-4', expired),
    ]);
    await metal.setUse(openCaller, { machineId: 'm', imageId: 'os-3' });
    expect(idsOf(await metal.deleteOrphans(openCaller, { dryRun: false }))).toEqual(['os-2']);
    clock.now = new Date('2026-06-01T12:00:00.001Z');
    expect(idsOf(await metal.deleteOrphans(openCaller, { dryRun: false }))).toEqual(['os-1']);
  });

  const newestUbuntuFirst = [...ubuntuIds].reverse();
  test.each([
    ['ubuntu alone', ubuntuIds, newestUbuntuFirst],
    ['with alpine', [...ubuntuIds, 'alpine-3.9', 'alpine-3.10'], ['alpine-3.10', 'alpine-3.9', ...newestUbuntuFirst]],
    [
      'with debian',
      ['debian-17.4', 'debian-17.10', ...ubuntuIds],
      ['debian-17.10', 'debian-17.4', ...newestUbuntuFirst],
    ],
    ['firewalls', firewallIds, ['firewall-2.0.20200331', 'firewall-ubuntu-2.0.20200331']],
    ['firewalls turned round', [...firewallIds].reverse(), ['firewall-2.0.20200331', 'firewall-ubuntu-2.0.20200331']],
    ['more of alpine', alpineIds, ['alpine-3.10.20191012', 'alpine-3.10', 'alpine-3.9.20191012', 'alpine-3.9']],
  ])('goes by operating system and then from the highest version down: %s', async (_name, ids, expected) => {
    const images = ids.map((id) => sampleMetalImage(id, expired));
    const kept = [...new Set(images.map(({ os }) => os))].map((os) => sampleMetalImage(`${os}-99`));
    const { metal } = await useMetalStore([...images, ...kept]);
    expect(idsOf(await metal.deleteOrphans(openCaller, { dryRun: false }))).toEqual(expected);
  });
});

describe('the use of an image by a machine', () => {
  test('is one image for a machine, the last that was said', async () => {
    const images = ['image-1', 'image-2'].map((id) => sampleMetalImage(id));
    const { metal } = await useMetalStore(images);
    const set = (machineId: string, imageId: string) => metal.setUse(openCaller, { machineId, imageId });
    expect(await set('m1', 'image-1')).toEqual(images[0]);
    expect(await set('m1', 'image-2')).toEqual(images[1]);
    await set('m1', 'image-2');
    await set('m0', 'image-2');
    expect(await metal.findUses(['image-2', 'image-1', 'none-1'])).toEqual([['m0', 'm1'], [], []]);
    expect(await metal.clearUse(openCaller, 'm1')).toEqual(images[1]);
    expect(await metal.findUses(['image-2'])).toEqual([['m0']]);
  });

  test('needs an image with exactly that id, and a machine', async () => {
    const { metal } = await useMetalStore([sampleMetalImage('image-1.0.5')]);
    const set = (machineId: string, imageId: string) =>
      metal.setUse(openCaller, { machineId, imageId }).catch((error: unknown) => error);
    expect(await set('m', 'image-1')).toBeInstanceOf(NotFoundError);
    for (const machineId of ['', '\0', 'x'.repeat(256)]) {
      expect(await set(machineId, 'image-1.0.5')).toMatchObject({ issues: [{ path: ['machineId'] }] });
    }
    await expect(metal.clearUse(openCaller, 'm')).rejects.toBeInstanceOf(NotFoundError);
  });
});
