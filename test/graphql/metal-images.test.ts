import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changeMetalImage,
  createMetalImage,
  deleteMetalImage,
  metalImageFields,
  setMetalImageUse,
} from '../support/metal-operations.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const now = new Date('2026-06-01T12:00:00.000Z');
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({}, { now: () => now });
});
afterAll(() => server.close());

const find = async (field: string, id: string, args = '') =>
  (
    await server.query(
      `query($id: String!) { found: ${field}(${field === 'metalImage' ? 'by: { imageId: $id }' : 'imageId: $id'}${args}) { ...Metal } } ${metalImageFields}`,
      {
        id,
      },
    )
  ).data.found;
const update = (input: Record<string, unknown>) =>
  changeMetalImage(server, 'updateMetalImage', 'UpdateMetalImageInput', input);

describe('createMetalImage', () => {
  test('returns the image with everything known from its id, and every query finds the same', async () => {
    const given = {
      name: 'Ubuntu small',
      description: 'Fresh',
      features: ['FIREWALL', 'MACHINE'],
      classification: 'SUPPORTED',
      expirationDate: '2027-01-02T03:04:05.678Z',
    };
    const image = await createMetalImage(server, 'ubuntu-small-19.04.20200408', given);
    expect(image).toMatchObject({
      __typename: 'MetalImage',
      imageId: 'ubuntu-small-19.04.20200408',
      ...given,
      features: ['MACHINE', 'FIREWALL'],
      isExpired: false,
      os: 'ubuntu-small',
      version: '19.4.20200408',
      createdOn: now.toISOString(),
      updatedOn: now.toISOString(),
      revision: 1,
      usedBy: [],
    });
    const { __typename, ...facts } = image;
    expect(await find('metalImage', image.imageId)).toEqual(facts);
    expect(await find('latestMetalImage', 'ubuntu-small-19.4')).toEqual(facts);
    expect(await find('matchingMetalImages', 'ubuntu-small-19.4')).toEqual([facts]);
    const { data } = await server.query(
      `query($id: ID!) { node(id: $id) { __typename ...Metal } nodes(ids: [$id]) { id } } ${metalImageFields}`,
      { id: image.id },
    );
    expect(data).toEqual({ node: image, nodes: [{ id: image.id }] });
  });

  test('makes a preview for 90 days where nothing is said', async () => {
    expect(await createMetalImage(server, 'image-1')).toMatchObject({
      name: '',
      description: '',
      features: [],
      classification: 'PREVIEW',
      expirationDate: '2026-08-30T12:00:00.000Z',
    });
  });

  test('of an id that is taken is a ConflictError with the image that has it', async () => {
    const { __typename, ...existing } = await createMetalImage(server, 'taken-1');
    expect(await createMetalImage(server, 'taken-1', { name: 'other' })).toMatchObject({
      __typename: 'ConflictError',
      code: 'CONFLICT',
      current: existing,
    });
  });

  test.each(['9999-12-31T23:59:59-14:00', '0000-01-01T00:00:00+14:00'])(
    'that expires at %s, in a year in UTC that cannot be stored, is refused by the type, as is its update',
    async (expirationDate) => {
      await createMetalImage(server, 'dated-1').catch(() => undefined);
      const refusal = 'DateTime accepts a time in the years 0001 to 9999';
      await expect(createMetalImage(server, 'dated-2', { expirationDate })).rejects.toThrow(refusal);
      await expect(
        changeMetalImage(server, 'updateMetalImage', 'UpdateMetalImageInput', {
          imageId: 'dated-1',
          expirationDate,
        }),
      ).rejects.toThrow(refusal);
    },
  );

  test('of an id without a version is an InvalidInputError with the path to it', async () => {
    expect(await createMetalImage(server, 'ubuntu', { url: '' })).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [
        { path: ['url'], message: 'Must not be empty.' },
        { path: ['imageId'], message: expect.stringContaining('<os>-<major>[.<minor>[.<patch>]]') },
      ],
    });
  });
});

describe('updateMetalImage', () => {
  test('changes what is given and keeps what is absent', async () => {
    const image = await createMetalImage(server, 'kept-1', { name: 'a', description: 'b', features: ['MACHINE'] });
    const change = { description: '', features: ['FIREWALL'], classification: 'DEPRECATED' };
    const updatedOn = new Date(Date.parse(image.updatedOn) + 1).toISOString();
    expect(await update({ imageId: 'kept-1', ...change })).toEqual({
      ...image,
      ...change,
      updatedOn,
      revision: 2,
    });
  });

  test('clears what null is given for, and refuses to clear what always has a value', async () => {
    const given = { name: 'a', description: 'b', features: ['MACHINE'] };
    await createMetalImage(server, 'cleared-1', given);
    const cleared = { name: '', description: '', features: [] };
    expect(await update({ imageId: 'cleared-1', name: null, description: null, features: null })).toMatchObject(
      cleared,
    );
    expect(await update({ imageId: 'cleared-1', ...given })).toMatchObject(given);
    expect(await update({ imageId: 'cleared-1', features: [] })).toMatchObject({ ...given, features: [] });
    expect(
      await update({ imageId: 'cleared-1', name: 'c', url: null, classification: null, expirationDate: null }),
    ).toMatchObject({
      __typename: 'InvalidInputError',
      issues: ['url', 'classification', 'expirationDate'].map((field) => ({
        path: [field],
        message: 'Cannot be cleared. Leave it out to keep its value.',
      })),
    });
    expect(await find('metalImage', 'cleared-1')).toMatchObject({ name: 'a' });
  });

  test('with an expected revision or time that is past is a ConflictError with the image as it is now', async () => {
    const image = await createMetalImage(server, 'raced-1');
    const changed = '2026-01-01T00:00:00.000Z';
    const { __typename, ...current } = await update({
      imageId: 'raced-1',
      expectedRevision: image.revision,
      name: 'b',
    });
    for (const expected of [{ expectedRevision: image.revision }, { expectedUpdatedOn: changed }]) {
      expect(await update({ imageId: 'raced-1', name: 'c', ...expected })).toMatchObject({
        __typename: 'ConflictError',
        current,
      });
    }
    expect(await update({ imageId: 'raced-1', name: 'c', expectedUpdatedOn: current.updatedOn })).toMatchObject({
      name: 'c',
    });
  });

  test('without a URL is an InvalidInputError, and of no image a NotFoundError', async () => {
    expect(await update({ imageId: 'image-1', url: '' })).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['url'] }],
    });
    expect(await update({ imageId: 'image-1.0.1' })).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' });
  });
});

describe('setMetalImageUse, clearMetalImageUse and deleteMetalImage', () => {
  const clear = (machineId: string) => changeMetalImage(server, 'clearMetalImageUse', 'MachineIdInput', { machineId });

  test('keep an image while machines use it, and name them', async () => {
    const image = await createMetalImage(server, 'used-1');
    expect(await setMetalImageUse(server, 'm2', 'used-1')).toEqual({ ...image, usedBy: ['m2'] });
    expect(await setMetalImageUse(server, 'm1', 'used-1')).toEqual({ ...image, usedBy: ['m1', 'm2'] });
    expect(await deleteMetalImage(server, 'used-1')).toMatchObject({
      __typename: 'MetalImageInUseError',
      code: 'METAL_IMAGE_IN_USE',
      message: 'Machines use the metal image used-1: m1, m2.',
      machineIds: ['m1', 'm2'],
    });
    expect(await clear('m1')).toEqual({ ...image, usedBy: ['m2'] });
    expect(await clear('m2')).toEqual(image);
    expect(await deleteMetalImage(server, 'used-1')).toEqual({
      __typename: 'DeleteMetalImagePayload',
      deletedId: image.id,
      imageId: 'used-1',
    });
    expect(await find('metalImage', 'used-1')).toBeNull();
  });

  test('of what does not exist are a NotFoundError, and of a machine without an id an InvalidInputError', async () => {
    const notFound = { __typename: 'NotFoundError', code: 'NOT_FOUND' };
    expect(await deleteMetalImage(server, 'none-1')).toMatchObject(notFound);
    expect(await setMetalImageUse(server, 'm', 'none-1')).toMatchObject(notFound);
    expect(await clear('none')).toMatchObject(notFound);
    expect(await setMetalImageUse(server, '', 'image-1')).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['machineId'] }],
    });
  });

  test('show their effect within one document', async () => {
    await createMetalImage(server, 'shown-1');
    const { data } = await server.query(
      `mutation($use: MetalImageUseInput!, $machine: MachineIdInput!) {
        set: setMetalImageUse(input: $use) { ... on SetMetalImageUsePayload { metalImage { usedBy } } }
        clear: clearMetalImageUse(input: $machine) { ... on ClearMetalImageUsePayload { metalImage { usedBy } } } }`,
      { use: { machineId: 'm', imageId: 'shown-1' }, machine: { machineId: 'm' } },
    );
    expect(data).toEqual({ set: { metalImage: { usedBy: ['m'] } }, clear: { metalImage: { usedBy: [] } } });
  });
});

test('deleteOrphanMetalImages returns in a dry run what it then deletes', async () => {
  const expirationDate = '2026-05-01T00:00:00Z';
  for (const imageId of ['orphan-1', 'orphan-2', 'orphan-3'])
    await createMetalImage(server, imageId, { expirationDate });
  const deleteOrphans = async (args: string) =>
    (
      await server.query(
        `mutation { deleteOrphanMetalImages${args} { ... on DeleteOrphanMetalImagesPayload { deletedIds deleted { deletedId imageId expirationDate } } } }`,
      )
    ).data.deleteOrphanMetalImages;
  const ids = ['orphan-2', 'orphan-1'];
  const globalIds = ids.map((imageId) => Buffer.from(`MetalImage:${imageId}`).toString('base64url'));
  const orphans = {
    deletedIds: globalIds,
    deleted: ids.map((imageId, index) => ({
      deletedId: globalIds[index],
      imageId,
      expirationDate: '2026-05-01T00:00:00.000Z',
    })),
  };
  expect(await deleteOrphans('(dryRun: true)')).toEqual(orphans);
  expect(await deleteOrphans('')).toEqual(orphans);
  expect(await deleteOrphans('')).toEqual({ deletedIds: [], deleted: [] });
  expect(await find('latestMetalImage', 'orphan-0')).toBeNull();
  expect(await find('latestMetalImage', 'orphan-0', ', includeExpired: true')).toMatchObject({ imageId: 'orphan-3' });
});

test('an id without a version is refused as that, and one that nothing matches finds nothing', async () => {
  for (const field of ['latestMetalImage', 'matchingMetalImages']) {
    const { errors } = await server.query(`{ ${field}(imageId: "ubuntu") { id } }`);
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'INVALID_INPUT' } });
  }
  expect(await find('latestMetalImage', 'nowhere-1')).toBeNull();
  expect(await find('matchingMetalImages', 'nowhere-1')).toEqual([]);
  // an exact id alone
  expect(await find('metalImage', 'image')).toBeNull();
});
