import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  changeImage,
  deleteImage,
  imageFields,
  uploadAddressedImage,
  uploadImage,
} from '../support/image-operations.js';
import { newPhoto, photoWebp, unsupportedFiles } from '../support/sample-images.js';
import { storedHashes } from '../support/server-stores.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const newAddress = () => ({ type: 'UGC', entityId: randomUUID(), ds: 'GALLERY', cid: 'thumbnail' });

const find = (by: Record<string, unknown>) =>
  server.query(`query($by: ImageBy!) { image(by: $by) { ...Everything } } ${imageFields}`, { by });
const findImage = async (by: Record<string, unknown>) => (await find(by)).data.image;

describe('uploadAddressedImage', () => {
  test('returns the image with its address, and the query finds the same in every way', async () => {
    const address = { ...newAddress(), docid: 'GDRIVE_1' };
    const image = await uploadAddressedImage(server, address, await newPhoto(), { metadata: { altText: 'A fox' } });
    expect(image).toMatchObject({
      __typename: 'Image',
      version: 1,
      metadata: { altText: 'A fox', address, ext: '.jpg' },
    });
    const { __typename, ...facts } = image;
    const { docid, ...place } = address;
    const key = Buffer.from(image.metadata.key, 'base64url').toString('base64');
    expect(JSON.parse(Buffer.from(key, 'base64').toString('utf8'))).toEqual({
      type: 'UGC',
      id: address.entityId,
      ds: 'GALLERY',
      cid: 'thumbnail',
      docid,
      ext: '.jpg',
    });
    const spellings = [image.metadata.key, key, key.replace(/=+$/, ''), key.replaceAll('+', ' ')];
    for (const spelling of spellings) {
      expect(await findImage({ key: { accountId, key: spelling } })).toEqual(facts);
    }
    expect(await findImage({ address: { accountId, ...place } })).toEqual(facts);
    expect(await findImage({ publicId: image.publicId })).toEqual(facts);
  });

  test('again replaces the image under the same public URL, and the old key still finds it', async () => {
    const address = newAddress();
    const first = await uploadAddressedImage(server, address, await newPhoto());
    const second = await uploadAddressedImage(server, address, await photoWebp({ width: 41, height: 42 }));
    expect(second).toMatchObject({ id: first.id, link: first.link, version: 2, width: 41, metadata: { ext: '.webp' } });
    expect(second.metadata.key).not.toBe(first.metadata.key);
    expect(await findImage({ key: { accountId, key: first.metadata.key } })).toMatchObject({
      id: first.id,
      version: 2,
    });
  });

  test('treats empty texts as absent', async () => {
    const entityId = randomUUID();
    const image = await uploadAddressedImage(server, { type: 'USER', entityId, ds: '', cid: '' }, await newPhoto());
    expect(image.metadata.address).toEqual({ type: 'USER', entityId, ds: null, cid: null, docid: null });
    expect(await findImage({ address: { accountId, type: 'USER', entityId, cid: '' } })).toMatchObject({
      id: image.id,
    });
  });

  test('refuses a text that is too long with the path to it, and a file that is not an image', async () => {
    const address = { ...newAddress(), cid: 'x'.repeat(513) };
    expect(await uploadAddressedImage(server, address, await newPhoto())).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['address', 'cid'], message: expect.stringContaining('512') }],
    });
    const [unsupported = Buffer.alloc(0)] = Object.values(unsupportedFiles);
    expect(await uploadAddressedImage(server, newAddress(), unsupported)).toMatchObject({
      __typename: 'UnsupportedImageError',
    });
    expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
  });

  test('reports in its union that the limit of images is reached', async () => {
    const limited = await startTestServer({ MAX_IMAGES_PER_ACCOUNT: '1' });
    try {
      await uploadAddressedImage(limited, newAddress(), await newPhoto());
      expect(await uploadAddressedImage(limited, newAddress(), await newPhoto())).toMatchObject({
        __typename: 'ImageLimitReachedError',
        limitImages: 1,
      });
    } finally {
      await limited.close();
    }
  });
});

describe('the address of an image', () => {
  test('stays whatever becomes of the rest of its metadata and of its bytes', async () => {
    const address = newAddress();
    const { id } = await uploadAddressedImage(server, address, await newPhoto(), { metadata: { altText: 'a' } });
    const changes = [
      await changeImage(server, 'updateImageMetadata', 'UpdateImageMetadataInput', { id, metadata: { altText: 'b' } }),
      await changeImage(server, 'updateImage', 'UpdateImageInput', { id, metadata: null }),
      await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id, metadata: {} }, await newPhoto()),
    ];
    for (const image of changes) expect(image).toMatchObject({ metadata: { address } });
    expect(await findImage({ address: { accountId, ...address } })).toMatchObject({ id, version: 2 });
  });

  test('is null for a plain image, which has an extension and no key', async () => {
    const image = await uploadImage(server, await newPhoto());
    expect(image.metadata).toMatchObject({ address: null, key: null, ext: '.jpg' });
    const replaced = await changeImage(
      server,
      'replaceImage',
      'ReplaceImageInput',
      { id: image.id },
      await photoWebp({ width: 50, height: 51 }),
    );
    expect(replaced.metadata).toMatchObject({ address: null, key: null, ext: '.webp' });
  });

  test('is free again when the image is deleted', async () => {
    const address = newAddress();
    const first = await uploadAddressedImage(server, address, await newPhoto());
    await deleteImage(server, first.id);
    expect(await findImage({ address: { accountId, ...address } })).toBeNull();
    expect(await findImage({ key: { accountId, key: first.metadata.key } })).toBeNull();
    const second = await uploadAddressedImage(server, address, await newPhoto());
    expect(second).toMatchObject({ __typename: 'Image', version: 1 });
    expect(second.id).not.toBe(first.id);
  });
});

test('the same bytes at two addresses are stored once and survive the deletion of one', async () => {
  const bytes = await newPhoto();
  const first = await uploadAddressedImage(server, newAddress(), bytes);
  const second = await uploadAddressedImage(server, newAddress(), bytes);
  const stored = async () => (await storedHashes(server.config)).filter((hash) => hash === first.sha256);
  expect(second).toMatchObject({ __typename: 'Image', sha256: first.sha256 });
  expect(await stored()).toHaveLength(1);
  await deleteImage(server, first.id);
  expect((await fetch(first.link)).status).toBe(404);
  expect((await fetch(second.link)).status).toBe(200);
  await deleteImage(server, second.id);
  expect((await fetch(second.link)).status).toBe(404);
});

describe('a look-up', () => {
  test('by key and by address costs one SELECT', async () => {
    const address = newAddress();
    const { metadata } = await uploadAddressedImage(server, address, await newPhoto());
    for (const by of [{ address: { accountId, ...address } }, { key: { accountId, key: metadata.key } }]) {
      server.sql.length = 0;
      const { data } = await server.query('query($by: ImageBy!) { image(by: $by) { id } }', { by });
      expect(data.image).not.toBeNull();
      expect(server.sql).toEqual([expect.stringMatching(/^\s*SELECT /)]);
    }
  });

  test.each([
    ['a key without the account', { key: { key: 'eyJ0eXBlIjoiVVNFUiJ9' } }, 'accountId'],
    ['an address without the account', { address: { type: 'USER' } }, 'accountId'],
    ['what is no key', { key: { accountId, key: 'nonsense' } }, 'key'],
    ['an address with a text that cannot be', { address: { accountId, type: 'USER', entityId: 'a\0' } }, 'entityId'],
  ])('by %s is refused by name', async (_name, by, wording) => {
    const { data, errors } = await find(by);
    expect(data).toEqual({ image: null });
    expect(errors).toMatchObject([
      { extensions: { code: 'INVALID_INPUT' }, message: expect.stringContaining(wording) },
    ]);
  });
});

test('a list is filtered by what its images have of an address', async () => {
  const own = randomUUID();
  const put = async (address: Record<string, unknown>) =>
    (await uploadAddressedImage(server, address, await newPhoto(), { accountId: own })).id;
  const ids = [
    await put({ type: 'UGC', entityId: '1', ds: 'A', cid: 'x' }),
    await put({ type: 'UGC', entityId: '1', ds: 'B', cid: 'y' }),
    await put({ type: 'ICON', entityId: "' OR 1=1 --" }),
    (await uploadImage(server, await newPhoto(), undefined, own)).id,
  ];
  const list = async (filter: Record<string, unknown>) => {
    const { data } = await server.query(
      `query($own: UUID!, $filter: ImageFilter) {
        images(accountId: $own, filter: $filter) { totalCount nodes { id } } }`,
      { own, filter },
    );
    expect(data.images.totalCount).toBe(data.images.nodes.length);
    return data.images.nodes.map(({ id }: { id: string }) => ids.indexOf(id)).sort();
  };
  expect(await list({ addressed: true })).toEqual([0, 1, 2]);
  expect(await list({ addressed: false })).toEqual([3]);
  expect(await list({ address: {} })).toEqual([0, 1, 2]);
  expect(await list({ address: { type: ['UGC'] } })).toEqual([0, 1]);
  expect(await list({ address: { type: 'ICON' } })).toEqual([2]);
  expect(await list({ address: { type: ['UGC', 'ICON'], entityId: '1', ds: 'B' } })).toEqual([1]);
  expect(await list({ address: { cid: 'x' } })).toEqual([0]);
  expect(await list({ address: { ds: '' } })).toEqual([2]);
  expect(await list({ address: { entityId: "' OR 1=1 --" } })).toEqual([2]);
  expect(await list({ address: { entityId: "'" } })).toEqual([]);
  expect(await list({ addressed: false, address: {} })).toEqual([]);
});
