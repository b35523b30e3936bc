import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/domain/errors.js';
import { openCaller } from '../../../src/domain/identity/caller.js';
import type { MetalImage, MetalVersion } from '../../../src/domain/metal/metal-image.js';
import { alpineIds, firewallIds, oldAlpineIds, ubuntuIds } from '../../support/metal-ids.js';
import { type MetalStore, openMetalStore, useMetalStore } from '../../support/metal-store.js';
import { sampleMetalImage } from '../../support/samples.js';

const idsOf = (images: readonly MetalImage[]) => images.map(({ id }) => id);

const sets = {
  U: ubuntuIds,
  'U+A1': [...ubuntuIds, ...oldAlpineIds],
  'U+A2': [...ubuntuIds, ...alpineIds],
  firewalls: firewallIds,
  'firewalls turned round': [...firewallIds].reverse(),
  all: [...ubuntuIds, ...alpineIds, ...firewallIds],
} as const;
type SetName = keyof typeof sets;

const stores = new Map<SetName, MetalStore>();
beforeAll(async () => {
  for (const [name, ids] of Object.entries(sets)) {
    stores.set(name as SetName, await openMetalStore(ids.map((id) => sampleMetalImage(id))));
  }
});
afterAll(async () => {
  for (const store of stores.values()) await store.close();
});

const metalOf = (name: SetName) => {
  const store = stores.get(name);
  if (!store) throw new Error(`There is no store ${name}.`);
  return store.metal;
};

const latest = async (name: SetName, id: string, includeExpired = false) =>
  (await metalOf(name).latest(openCaller, id, { includeExpired }))?.id ?? null;
const matching = async (name: SetName, id: string) => idsOf(await metalOf(name).matching(openCaller, id));

describe('the latest image', () => {
  const rows: readonly (readonly [SetName, string, string | null])[] = [
    ['U', 'ubuntu-19.4', 'ubuntu-19.4'],
    // 10 is not 1
    ['U+A1', 'ubuntu-19.10', 'ubuntu-19.10'],
    // a patch that is given is no prefix
    ['U+A1', 'ubuntu-20.4.2020', null],
    ['U+A1', 'ubuntu-20.4.20200502', 'ubuntu-20.4.20200502'],
    ['U+A2', 'alpine-3.10', 'alpine-3.10.20191012'],
    ['U+A2', 'alpine-3.9', 'alpine-3.9.20191012'],
    ['firewalls', 'firewall-2', 'firewall-2.0.20200331'],
    ['firewalls turned round', 'firewall-2', 'firewall-2.0.20200331'],
    ['firewalls', 'firewall-ubuntu-2', 'firewall-ubuntu-2.0.20200331'],
    ['firewalls turned round', 'firewall-ubuntu-2', 'firewall-ubuntu-2.0.20200331'],
    // the same with leading zeros, as the oldest release has them
    ['U', 'ubuntu-19.04', 'ubuntu-19.4'],
    ['U+A1', 'ubuntu-20.04.2020', null],
    ['U+A1', 'ubuntu-20.04.20200502', 'ubuntu-20.4.20200502'],
    ['U+A2', 'alpine-03.10', 'alpine-3.10.20191012'],
    ['U+A2', 'alpine-3.09', 'alpine-3.9.20191012'],
    ['all', 'ubuntu-20.4', 'ubuntu-20.4.20200603'],
    ['all', 'ubuntu-20.04', 'ubuntu-20.4.20200603'],
    ['all', 'ubuntu-20.4.0', 'ubuntu-20.4.20200603'],
    ['all', 'ubuntu-v20.4', 'ubuntu-20.4.20200603'],
    ['all', 'ubuntu-0', 'ubuntu-20.4.20200603'],
    ['all', 'ubuntu-0.0', 'ubuntu-20.4.20200603'],
    ['all', 'alpine-0', 'alpine-3.10.20191012'],
    ['all', 'ubuntu-14.04', 'ubuntu-14.4'],
    ['all', 'ubuntu-20.4.20200502+b', 'ubuntu-20.4.20200502'],
    ['all', 'ubuntu-19', null],
    ['all', 'ubuntu-20', null],
    ['all', 'alpine-3', null],
    ['all', 'debian-10', null],
    ['all', 'Ubuntu-19.4', null],
  ];
  test.each(rows)('among %s for %s is %s', async (name, wanted, expected) => {
    expect(await latest(name, wanted)).toBe(expected);
    expect(await latest(name, wanted, true)).toBe(expected);
  });

  test.each(['ubuntu', 'ubuntu-', 'ubuntu-x', 'ubuntu-1.2.3.4', 'ubuntu-18446744073709551616', ''])(
    'for %j, which says no version, is refused with what is wrong',
    async (wanted) => {
      const fault = /^The id must be <os>-<major>/;
      for (const asked of [latest('all', wanted), matching('all', wanted)]) {
        const refusal = await asked.catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(InvalidInputError);
        expect(refusal).toMatchObject({ issues: [{ path: ['id'], message: expect.stringMatching(fault) }] });
      }
    },
  );

  test('passes over the expired, unless they are asked for, also where the patch is given', async () => {
    const { metal, clock } = await useMetalStore([sampleMetalImage('ubuntu-20.10.20200602')]);
    const anHourAgo = new Date(clock.now.getTime() - 3_600_000);
    await metal.create(openCaller, { imageId: 'ubuntu-20.10.20200603', url: 'u', expirationDate: anHourAgo });
    const find = async (id: string, includeExpired: boolean) =>
      (await metal.latest(openCaller, id, { includeExpired }))?.id;
    expect(await find('ubuntu-20.10', false)).toBe('ubuntu-20.10.20200602');
    expect(await find('ubuntu-20.10', true)).toBe('ubuntu-20.10.20200603');
    expect(await find('ubuntu-20.10.20200603', false)).toBeUndefined();
    expect(await find('ubuntu-20.10.20200603', true)).toBe('ubuntu-20.10.20200603');
    clock.now = new Date('2030-01-01T00:00:00Z');
    expect(await find('ubuntu-20.10', false), 'expired from the very moment on').toBeUndefined();
  });

  test('of equal versions is the one whose id sorts last, whichever came first', async () => {
    const ids = ['ubuntu-19.04', 'ubuntu-19.4', 'ubuntu-019.4.0'];
    for (const order of [ids, [...ids].reverse()]) {
      const { metal } = await useMetalStore(order.map((id) => sampleMetalImage(id)));
      expect((await metal.latest(openCaller, 'ubuntu-19.4', { includeExpired: false }))?.id).toBe('ubuntu-19.4');
      expect(idsOf(await metal.matching(openCaller, 'ubuntu-19.4'))).toEqual([...ids].sort().reverse());
    }
  });
});

describe('the matching images', () => {
  const rows: readonly (readonly [SetName, string, readonly string[]])[] = [
    [
      'U',
      'ubuntu-20.4',
      ['ubuntu-20.4.20200603', 'ubuntu-20.4.20200502', 'ubuntu-20.4.20200501', 'ubuntu-20.4.20200401'],
    ],
    ['U+A1', 'ubuntu-20.4.2020', []],
    ['U+A1', 'ubuntu-20.4.20200502', ['ubuntu-20.4.20200502']],
    ['U+A2', 'alpine-3.10', ['alpine-3.10.20191012', 'alpine-3.10']],
    ['U+A2', 'alpine-3.9', ['alpine-3.9.20191012', 'alpine-3.9']],
    // the vendor's order of all versions
    ['U', 'ubuntu-0', [...ubuntuIds].reverse()],
  ];
  test.each(rows)('among %s for %s are %o', async (name, wanted, expected) => {
    expect(await matching(name, wanted)).toEqual(expected);
  });

  test('are there also when they are expired', async () => {
    const { metal } = await useMetalStore([sampleMetalImage('ubuntu-1', { expirationDate: new Date(0) })]);
    expect(idsOf(await metal.matching(openCaller, 'ubuntu-1'))).toEqual(['ubuntu-1']);
  });
});

test('every id resolves as a plain comparison of numbers has it, up to 64 bits', async () => {
  const numbers = [0n, 1n, 9n, 10n, 2n ** 64n - 1n];
  const versions = numbers.flatMap((major) =>
    numbers.flatMap((minor) => numbers.map((patch): MetalVersion => ({ major, minor, patch }))),
  );
  const images = versions.map(({ major, minor, patch }, index) =>
    sampleMetalImage(`os-${major}.${minor}.${patch}`, index % 3 === 0 ? { expirationDate: new Date(0) } : {}),
  );
  const { metal } = await useMetalStore([...images, ...images.map(({ id }) => sampleMetalImage(`other-${id}`))]);

  const accepts = (wanted: MetalVersion, { major, minor, patch }: MetalVersion): boolean => {
    if (wanted.patch > 0n) return major === wanted.major && minor === wanted.minor && patch === wanted.patch;
    return (wanted.major === 0n && wanted.minor === 0n) || (major === wanted.major && minor === wanted.minor);
  };
  const difference = (a: MetalVersion, b: MetalVersion): bigint =>
    a.major - b.major || a.minor - b.minor || a.patch - b.patch;

  for (const { id, version } of images) {
    const expected = images
      .filter((image) => accepts(version, image.version))
      .sort((a, b) => (difference(b.version, a.version) > 0n ? 1 : -1));
    expect(idsOf(await metal.matching(openCaller, id))).toEqual(idsOf(expected));
    const unexpired = expected.find(({ expirationDate }) => expirationDate.getTime() > 0);
    expect((await metal.latest(openCaller, id, { includeExpired: false }))?.id).toBe(unexpired?.id);
    expect((await metal.latest(openCaller, id, { includeExpired: true }))?.id).toBe(expected[0]?.id);
  }
});
