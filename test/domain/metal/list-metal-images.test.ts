import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCaller } from '../../../src/domain/identity/caller.js';
import type { MetalImageFilter } from '../../../src/domain/metal/metal-ports.js';
import { type MetalStore, openMetalStore, useMetalStore } from '../../support/metal-store.js';
import { sampleMetalImage } from '../../support/samples.js';

describe('a filter selects the images that meet every condition', () => {
  let store: MetalStore;
  beforeAll(async () => {
    store = await openMetalStore([
      sampleMetalImage('debian-2', { name: 'a', features: ['machine'] }),
      sampleMetalImage('ubuntu-1', {
        name: 'b',
        features: ['machine', 'firewall'],
        classification: 'supported',
        expirationDate: new Date('2026-06-01T12:00:00.000Z'),
      }),
      sampleMetalImage('debian-2.0', { name: 'c', features: ['firewall'] }),
      sampleMetalImage('ubuntu-3.4.5', {
        name: '',
        features: [],
        classification: 'deprecated',
        expirationDate: new Date('2026-06-01T12:00:00.001Z'),
      }),
    ]);
  });
  afterAll(() => store.close());

  const all = ['debian-2', 'debian-2.0', 'ubuntu-1', 'ubuntu-3.4.5'];
  const two = { major: 2n, minor: 0n, patch: 0n };
  test.each<[MetalImageFilter, string[]]>([
    [{}, all],
    [{ id: 'ubuntu-1' }, ['ubuntu-1']],
    [{ id: 'ubuntu-2' }, []],
    [{ name: 'b' }, ['ubuntu-1']],
    [{ name: 'B' }, []],
    [{ name: '' }, ['ubuntu-3.4.5']],
    [{ os: 'ubuntu' }, ['ubuntu-1', 'ubuntu-3.4.5']],
    [{ os: 'Ubuntu' }, []],
    [{ version: two }, ['debian-2', 'debian-2.0']],
    [{ version: { major: 3n, minor: 4n, patch: 0n } }, []],
    [{ classification: 'preview' }, ['debian-2', 'debian-2.0']],
    [{ features: ['firewall'] }, ['debian-2.0', 'ubuntu-1']],
    [{ features: ['machine', 'firewall'] }, ['ubuntu-1']],
    [{ features: [] }, all],
    [{ expired: true }, ['ubuntu-1']],
    [{ expired: false }, ['debian-2', 'debian-2.0', 'ubuntu-3.4.5']],
    [{ os: 'debian', version: two, features: ['firewall'], expired: false }, ['debian-2.0']],
    [{ os: 'debian', expired: true }, []],
  ])('%o', async (filter, expected) => {
    const { metal } = store;
    expect((await metal.listAll(openCaller, filter)).map(({ id }) => id)).toEqual(expected);
    expect((await metal.list(openCaller, filter, {})).items.map(({ id }) => id)).toEqual(expected);
    expect(await metal.count(openCaller, filter)).toBe(expected.length);
  });
});

test('pages from either end meet every image once, in the order of the ids', async () => {
  const ids = ['B-1', 'a-1', 'a-10', 'a-2', 'b-1', 'ä-1', '\u{1f5bc}-1'];
  const { metal } = await useMetalStore([...ids].reverse().map((id) => sampleMetalImage(id)));
  const forwards: string[] = [];
  for (let after: string | undefined; ; after = forwards.at(-1)) {
    const page = await metal.list(openCaller, {}, { first: 2, after });
    forwards.push(...page.items.map(({ id }) => id));
    expect(await page.hasPrevious()).toBe(after !== undefined);
    if (!(await page.hasNext())) break;
  }
  expect(forwards).toEqual(ids);
  const backwards: string[] = [];
  for (let before: string | undefined; ; before = backwards[0]) {
    const page = await metal.list(openCaller, {}, { last: 2, before });
    backwards.unshift(...page.items.map(({ id }) => id));
    expect(await page.hasNext()).toBe(before !== undefined);
    if (!(await page.hasPrevious())) break;
  }
  expect(backwards).toEqual(ids);
  expect((await metal.list(openCaller, { id: 'b-1' }, { first: 2, after: 'b-1' })).items).toEqual([]);
});
