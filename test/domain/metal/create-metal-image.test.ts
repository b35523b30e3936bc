import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConflictError, InvalidInputError } from '../../../src/domain/errors.js';
import { openCaller } from '../../../src/domain/identity/caller.js';
import { defaultLimits } from '../../../src/domain/limits.js';
import type { CreateMetalImageInput } from '../../../src/domain/metal/create-metal-image.js';
import { formatVersion } from '../../../src/domain/metal/metal-image.js';
import { type MetalStore, openMetalStore } from '../../support/metal-store.js';

let store: MetalStore;
beforeAll(async () => {
  store = await openMetalStore();
});
afterAll(() => store.close());

const create = (input: CreateMetalImageInput) => store.metal.create(openCaller, input);
const refusalOf = (input: CreateMetalImageInput) => create(input).catch((error: unknown) => error);

const url = 'https://images.example/image.tar.lz4';

test('an image with an id and a URL alone is a preview for 90 days that nothing runs on', async () => {
  const { now } = store.clock;
  const image = await create({ imageId: 'image-1', url });
  expect(image).toEqual({
    id: 'image-1',
    name: '',
    description: '',
    url,
    features: [],
    classification: 'preview',
    expirationDate: new Date(now.getTime() + 90 * 24 * 3_600_000),
    os: 'image',
    version: { major: 1n, minor: 0n, patch: 0n },
    created: now,
    changed: now,
    revision: 1,
  });
  expect(await store.metal.find(openCaller, ['image-1'])).toEqual([image]);
});

test('all that is given is kept, each feature once, and the id verbatim', async () => {
  const given = {
    name: 'Ubuntu',
    description: 'A "quoted" ünïcode 🖼 text',
    url,
    classification: 'supported',
    expirationDate: new Date('2027-03-04T05:06:07.089Z'),
  };
  const imageId = 'ubuntu-small-19.04.20200408';
  const image = await create({ imageId, ...given, features: ['firewall', 'machine', 'firewall'] });
  expect(image).toMatchObject({ id: imageId, os: 'ubuntu-small', ...given, features: ['machine', 'firewall'] });
  expect(formatVersion(image.version)).toBe('19.4.20200408');
  expect(await store.metal.find(openCaller, [imageId])).toEqual([image]);
});

test.each([
  ['null', null],
  ['the zero time of Go', new Date('0001-01-01T00:00:00.000Z')],
])('%s as expiration date is none', async (name, expirationDate) => {
  const image = await create({ imageId: `${name}-1`, url, expirationDate });
  expect(image.expirationDate.getTime() - image.created.getTime()).toBe(90 * 24 * 3_600_000);
});

test('an id that is taken is a conflict with the image that has it, reported after every other error', async () => {
  const existing = await create({ imageId: 'taken-1', url, name: 'first' });
  const refusal = await refusalOf({ imageId: 'taken-1', url, name: 'second' });
  expect(refusal).toBeInstanceOf(ConflictError);
  expect(refusal).toMatchObject({
    message: 'A metal image with the id taken-1 exists already.',
    current: existing,
  });
  expect(await refusalOf({ imageId: 'taken-1', url: '' })).toBeInstanceOf(InvalidInputError);
  expect(await store.metal.find(openCaller, ['taken-1'])).toEqual([existing]);
});

describe('a problem is described in plain words, and first the one that the vendor reports', () => {
  const bad = { imageId: 'ubuntu', url: '', features: ['toaster'], classification: 'new' };
  const idFault = 'The id must be <os>-<major>[.<minor>[.<patch>]], such as ubuntu-24.04.20260101';
  test.each<[CreateMetalImageInput, string, string]>([
    [{ ...bad, imageId: '' }, 'imageId', 'Must not be empty.'],
    [bad, 'url', 'Must not be empty.'],
    [{ ...bad, url: null }, 'url', 'Must not be empty.'],
    [{ ...bad, url }, 'features', 'Accepts machine, firewall.'],
    [{ ...bad, url, features: ['machine', ''] }, 'features', 'Accepts machine, firewall.'],
    [{ ...bad, url, features: null }, 'imageId', `${idFault}.`],
    [
      { imageId: 'ubuntu-x', url, classification: 'new' },
      'imageId',
      `${idFault}; what follows the last dash is not a version.`,
    ],
    [
      { imageId: 'ubuntu-1.18446744073709551616', url },
      'imageId',
      `${idFault}; the number 18446744073709551616 is greater than 18446744073709551615.`,
    ],
    [{ imageId: 'ubuntu-1', url, classification: 'new' }, 'classification', 'Accepts preview, supported, deprecated.'],
    [{ imageId: 'ubuntu-1', url, classification: '' }, 'classification', 'Accepts preview, supported, deprecated.'],
  ])('%j', async (input, field, message) => {
    const refusal = await refusalOf(input);
    expect(refusal).toBeInstanceOf(InvalidInputError);
    expect((refusal as InvalidInputError).issues[0]).toMatchObject({ path: [field], message });
  });
});

const { metalIdLength, metalNameLength, metalDescriptionLength, metalUrlLength } = defaultLimits;
test.each([
  ['imageId', metalIdLength, (text: string) => `${[...text].slice(2).join('')}-1`],
  ['name', metalNameLength, (text: string) => text],
  ['description', metalDescriptionLength, (text: string) => text],
  ['url', metalUrlLength, (text: string) => text],
] as const)('%s takes %i characters and not one more', async (field, limit, fill) => {
  const input = (length: number) => ({ imageId: `${field}-1`, url, [field]: fill('🦊'.repeat(length)) });
  expect(await create(input(limit))).toMatchObject({ revision: 1 });
  expect(await refusalOf(input(limit + 1))).toMatchObject({
    issues: [{ path: [field], message: expect.stringContaining(String(limit)) }],
  });
});

test.each(['\0', '\ud800'])('%j is no text that can be stored', async (character) => {
  const input = { imageId: `a${character}-1`, url: character, name: character, description: character };
  const refusal = await refusalOf(input);
  expect((refusal as InvalidInputError).issues.map(({ path: [field] }) => field)).toEqual([
    'imageId',
    'url',
    'name',
    'description',
  ]);
});

test.each(['\0-1', '\ud800-1', `${'x'.repeat(100_000)}-1`])('an id that no image can have finds none', async (id) => {
  const { metal } = store;
  expect(await metal.find(openCaller, [id])).toEqual([null]);
  expect(await metal.latest(openCaller, id, { includeExpired: true }).catch((error: unknown) => error)).toBeInstanceOf(
    InvalidInputError,
  );
});
