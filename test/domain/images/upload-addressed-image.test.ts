import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ForbiddenError, InvalidInputError } from '../../../src/domain/errors.js';
import { type Caller, openCaller } from '../../../src/domain/identity/caller.js';
import type { AddressInput } from '../../../src/domain/images/create-address.js';
import type { Image, ImageMetadata } from '../../../src/domain/images/image.js';
import type { MetadataInput } from '../../../src/domain/images/metadata.js';
import { newPhoto, photoPng } from '../../support/sample-images.js';
import { sampleAccountId } from '../../support/samples.js';
import { writeSpooledFile } from '../../support/spooled-file.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ BYTES_GRACE_HOURS: '0' });
});
afterAll(() => server.close());

const newAddress = (): AddressInput => ({ type: 'UGC', entityId: randomUUID(), ds: 'GALLERY' });
const spool = (bytes: Uint8Array) => writeSpooledFile(join(server.dataFolder, 'tmp'), bytes);

interface Given {
  accountId?: ReturnType<typeof sampleAccountId>;
  metadata?: MetadataInput | null;
  caller?: Caller;
}

const account = sampleAccountId();
const upload = async (address: AddressInput, bytes: Uint8Array, given: Given = {}): Promise<Image> => {
  const { caller = openCaller, ...input } = { accountId: account, ...given };
  return server.app.images.uploadAddressed(caller, { address, file: await spool(bytes), ...input });
};
const metadataOf = async ({ id }: Image): Promise<ImageMetadata | undefined> =>
  (await server.app.images.findMetadata([id]))[0];
const countOf = (accountId: typeof account) => server.app.images.count(openCaller, { accountId });
/** What is stored once the sweep has removed what no image names. */
const storedHashes = async (): Promise<string[]> => {
  await server.app.images.sweep();
  const names = await readdir(join(server.dataFolder, 'blobs'), { recursive: true });
  return names.flatMap((name) => /[0-9a-f]{64}$/.exec(name) ?? []);
};

describe('the same address again', () => {
  test('replaces the bytes, keeps the ids, and leaves the old bytes to the sweep', async () => {
    const address = newAddress();
    const first = await upload(address, await newPhoto());
    const second = await upload(address, await photoPng({ width: 30, height: 30 }));
    expect(second).toMatchObject({ id: first.id, publicId: first.publicId, version: 2, mimeType: 'image/png' });
    expect(await metadataOf(second)).toMatchObject({ ext: '.png' });
    const hashes = await storedHashes();
    expect(hashes).toContain(second.sha256);
    expect(hashes).not.toContain(first.sha256);
  });

  test('with the same bytes changes nothing', async () => {
    const address = newAddress();
    const bytes = await newPhoto();
    const first = await upload(address, bytes, { metadata: { altText: 'kept' } });
    expect(await upload(address, bytes)).toEqual(first);
  });

  test('keeps metadata that is absent, merges what is given, clears by null, and never loses the address', async () => {
    const address = newAddress();
    const bytes = await newPhoto();
    const first = await upload(address, bytes, { metadata: { altText: 'a', focalPoint: { x: 0, y: 1 } } });
    await upload(address, await newPhoto(), { metadata: { altText: 'b' } });
    expect(await metadataOf(first)).toMatchObject({ altText: 'b', focalPoint: { x: 0, y: 1 }, address });
    await upload(address, bytes, { metadata: null });
    expect(await metadataOf(first)).toMatchObject({ altText: null, focalPoint: null, address });
  });

  test('stores a docid that is given, and keeps it if none is given', async () => {
    const address = newAddress();
    const bytes = await newPhoto();
    const first = await upload({ ...address, docid: 'one' }, bytes);
    const second = await upload({ ...address, docid: 'two' }, bytes);
    expect(second).toMatchObject({ id: first.id, version: 1, metadataRevision: 2 });
    await upload(address, await newPhoto());
    expect(await metadataOf(first)).toMatchObject({ address: { docid: 'two' } });
  });

  test.each(['entityId', 'ds', 'cid'] as const)('is another one as soon as %s differs', async (field) => {
    const address = newAddress();
    const bytes = await newPhoto();
    const first = await upload(address, bytes);
    expect((await upload({ ...address, [field]: 'other' }, bytes)).id).not.toBe(first.id);
  });

  test('in another account is another one', async () => {
    const address = newAddress();
    const bytes = await newPhoto();
    const first = await upload(address, bytes);
    expect((await upload(address, bytes, { accountId: sampleAccountId() })).id).not.toBe(first.id);
  });
});

describe('at the same time', () => {
  test('first uploads to one address leave one image and the bytes of one', async () => {
    const accountId = sampleAccountId();
    const address = newAddress();
    const photos = await Promise.all(Array.from({ length: 8 }, newPhoto));
    const images = await Promise.all(photos.map((bytes) => upload(address, bytes, { accountId })));
    expect(new Set(images.map(({ id }) => id)).size).toBe(1);
    expect(images.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await countOf(accountId)).toBe(1);
    const last = images.find(({ version }) => version === 8);
    const hashes = await storedHashes();
    expect(images.filter(({ sha256 }) => hashes.includes(sha256))).toEqual([last]);
  });

  test('uploads and deletes of one address lose no acknowledged bytes', async () => {
    const address = newAddress();
    const bytes = await newPhoto();
    for (let round = 0; round < 10; round += 1) {
      const { id } = await upload(address, bytes);
      const [, image] = await Promise.all([server.app.images.delete(openCaller, id), upload(address, bytes)]);
      const found = await server.app.images.findByAddress(openCaller, { accountId: account, address });
      expect((await storedHashes()).includes(image.sha256)).toBe(found !== null);
    }
  });
});

describe('the same bytes', () => {
  test('may be at two addresses and in a plain image, and stay until the last of them is deleted', async () => {
    const accountId = sampleAccountId();
    const bytes = await newPhoto();
    const images = [
      await upload(newAddress(), bytes, { accountId }),
      await upload(newAddress(), bytes, { accountId }),
      (await server.app.images.upload(openCaller, { accountId, file: await spool(bytes) })).image,
    ];
    expect(await countOf(accountId)).toBe(3);
    for (const image of images) {
      expect(await storedHashes()).toContain(image.sha256);
      await server.app.images.delete(openCaller, image.id);
    }
    expect(await storedHashes()).not.toContain(images[0]?.sha256);
  });

  test('are still refused to a second plain image', async () => {
    const accountId = sampleAccountId();
    const bytes = await newPhoto();
    await upload(newAddress(), bytes, { accountId });
    const { image: plain } = await server.app.images.upload(openCaller, { accountId, file: await spool(bytes) });
    const second = server.app.images.upload(openCaller, { accountId, file: await spool(bytes) });
    await expect(second).rejects.toMatchObject({ code: 'DUPLICATE_IMAGE', existing: { id: plain.id } });
  });

  test('may replace those of an addressed image though a plain one has them', async () => {
    const accountId = sampleAccountId();
    const bytes = await newPhoto();
    await server.app.images.upload(openCaller, { accountId, file: await spool(bytes) });
    const { id } = await upload(newAddress(), await newPhoto(), { accountId });
    expect(await server.app.images.replace(openCaller, { id, file: await spool(bytes) })).toMatchObject({ version: 2 });
    const updated = server.app.images.update(openCaller, { id, file: await spool(await newPhoto()) });
    expect(await updated).toMatchObject({ id, version: 3 });
    const again = server.app.images.upload(openCaller, { accountId, file: await spool(bytes) });
    await expect(again).rejects.toMatchObject({ code: 'DUPLICATE_IMAGE' });
  });
});

test('the limit of images counts a first upload and not a second', async () => {
  const limited = await startTestServer({ MAX_IMAGES_PER_ACCOUNT: '1' });
  try {
    const accountId = sampleAccountId();
    const folder = join(limited.dataFolder, 'tmp');
    const put = async (address: AddressInput) => {
      const file = await writeSpooledFile(folder, await newPhoto());
      return limited.app.images.uploadAddressed(openCaller, { accountId, address, file });
    };
    const address = newAddress();
    await put(address);
    expect(await put(address)).toMatchObject({ version: 2 });
    await expect(put(newAddress())).rejects.toMatchObject({ code: 'IMAGE_LIMIT_REACHED', limitImages: 1 });
  } finally {
    await limited.close();
  }
});

describe('a caller of one account', () => {
  const own = sampleAccountId();
  const caller: Caller = { keyId: null, accountId: own, scopes: new Set(['images.read', 'images.write']) };

  test('finds its own image at an address without naming the account', async () => {
    const address = newAddress();
    const image = await upload(address, await newPhoto(), { accountId: own, caller });
    expect(await server.app.images.findByAddress(caller, { address })).toEqual(image);
  });

  test('puts and finds nothing in another account', async () => {
    const address = newAddress();
    await upload(address, await newPhoto());
    const bytes = await newPhoto();
    await expect(upload(address, bytes, { caller })).rejects.toBeInstanceOf(ForbiddenError);
    const foreign = server.app.images.findByAddress(caller, { accountId: account, address });
    await expect(foreign).rejects.toBeInstanceOf(ForbiddenError);
    expect(await server.app.images.findByAddress(caller, { address })).toBeNull();
  });

  test('with all accounts has to name one', async () => {
    const unnamed = server.app.images.findByAddress(openCaller, { address: newAddress() });
    await expect(unnamed).rejects.toBeInstanceOf(InvalidInputError);
    await expect(unnamed).rejects.toThrow(/^accountId: Is needed/);
  });
});
