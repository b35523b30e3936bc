import { expect, test } from 'vitest';
import { DuplicateImageError } from '../../src/domain/errors.js';
import type { Sha256 } from '../../src/domain/image.js';
import type { OpenState } from '../../src/state/state.js';
import { openTestState } from '../support/open-test-state.js';
import {
  insertSample,
  sampleAccountId,
  sampleAddress,
  sampleBlob,
  sampleImage,
  sampleMetadata,
  sampleSha256,
} from '../support/samples.js';

const disabledOn = new Date('2026-03-04T05:06:07.089Z');

test('an image, its metadata and its blob come back as they went in', async () => {
  const { state } = await openTestState();
  const image = sampleImage({ disabledOn, version: 3, metadataRevision: 4, byteSize: 16 * 1024 * 1024 });
  const given = { altText: "A 'quoted' ünïcode 🖼 text", focalPoint: { x: 0.1, y: 1 } };
  await insertSample(state, image, given);
  expect(await state.read.imagesById([image.id])).toEqual([image]);
  expect(await state.read.imageByPublicId(image.publicId)).toEqual(image);
  expect(await state.read.metadataOf([image.id])).toEqual([sampleMetadata(image, given)]);
  expect(await state.read.blobsOf([image.sha256])).toEqual([sampleBlob(image)]);
  await state.write(async (writer) => {
    expect(await writer.image(image.id)).toEqual(image);
    expect(await writer.metadata(image.id)).toEqual(sampleMetadata(image, given));
    expect(await writer.imageByBytes(image.accountId, image.sha256)).toEqual(image);
    expect(await writer.countImages(image.accountId)).toBe(1);
  });
});

test('what does not exist is null, empty or zero', async () => {
  const { state } = await openTestState();
  const { id, publicId, accountId, sha256 } = sampleImage();
  expect(await state.read.imagesById([id])).toEqual([]);
  expect(await state.read.imagesById([])).toEqual([]);
  expect(await state.read.imageByPublicId(publicId)).toBeNull();
  expect(await state.read.knownHashes([sha256])).toEqual(new Set());
  expect(await state.read.listBlobs(null, 10)).toEqual([]);
  expect(await state.read.unnamedHashes(new Date(), 10, new Set())).toEqual([]);
  expect(await state.read.imagesWithBytes(sha256, 10)).toEqual([]);
  await state.write(async (writer) => {
    expect(await writer.image(id)).toBeNull();
    expect(await writer.metadata(id)).toBeNull();
    expect(await writer.imageByBytes(accountId, sha256)).toBeNull();
    expect(await writer.countImages(accountId)).toBe(0);
  });
});

test('the same bytes twice in one account are refused with the image that has them, and in another account taken', async () => {
  const { state } = await openTestState();
  const first = await insertSample(state);
  const { accountId, sha256 } = first;
  const refusal = await insertSample(state, sampleImage({ accountId, sha256 })).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(DuplicateImageError);
  expect(refusal).toMatchObject({ existing: first });
  await insertSample(state, sampleImage({ sha256 }));
});

test('a public id that is taken is not reported as a duplicate image', async () => {
  const { state } = await openTestState();
  const { publicId } = await insertSample(state);
  const refusal = await insertSample(state, sampleImage({ publicId })).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('the id of the image') });
});

test('new bytes of an image free its old ones for the account, and cannot be those of another image', async () => {
  const { state } = await openTestState();
  const accountId = sampleAccountId();
  const image = await insertSample(state, sampleImage({ accountId }));
  const other = await insertSample(state, sampleImage({ accountId }));
  const fresh = sampleImage({ accountId, mimeType: 'image/webp', byteSize: 7 });
  const { updatedOn } = image;
  const change = { updatedOn, sha256: fresh.sha256, mimeType: fresh.mimeType, byteSize: fresh.byteSize, version: 2 };
  const updated = await state.write(async (writer) => {
    await writer.saveBlob(sampleBlob(fresh));
    return writer.updateImage(image, change);
  });
  expect(updated).toEqual({ ...image, ...change });
  await insertSample(state, sampleImage({ accountId, sha256: image.sha256 }));
  const refusal = await state
    .write((writer) => writer.updateImage(updated, { updatedOn: image.updatedOn, sha256: other.sha256 }))
    .catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('the bytes') });
});

test('an addressed image comes back with its address and is found at it, whatever its docid', async () => {
  const { state } = await openTestState();
  const address = sampleAddress({ cid: 'c', docid: 'GDRIVE_1' });
  const image = await insertSample(state, sampleImage({ mimeType: 'image/webp' }), { address });
  expect(await state.read.metadataOf([image.id])).toEqual([sampleMetadata(image, { address, ext: '.webp' })]);
  const sought = { ...address, docid: null };
  expect(await state.read.imageByAddress(image.accountId, sought)).toEqual(image);
  expect(await state.write((writer) => writer.imageByAddress(image.accountId, sought))).toEqual(image);
  for (const other of [
    { ...address, cid: null },
    { ...address, type: 'ICON' as const },
  ]) {
    expect(await state.read.imageByAddress(image.accountId, other)).toBeNull();
  }
  expect(await state.read.imageByAddress(sampleAccountId(), address)).toBeNull();
});

test('an address stands once in an account, and in another account again', async () => {
  const { state } = await openTestState();
  const address = sampleAddress();
  const { accountId } = await insertSample(state, sampleImage(), { address });
  const taken = insertSample(state, sampleImage({ accountId }), { address: { ...address, docid: 'another' } });
  await expect(taken).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('address') });
  await insertSample(state, sampleImage(), { address });
});

test('the bytes of addressed images are no duplicates, before nor after they change', async () => {
  const { state } = await openTestState();
  const plain = await insertSample(state);
  const { accountId, sha256 } = plain;
  await insertSample(state, sampleImage({ accountId, sha256 }), { address: sampleAddress() });
  const moved = await insertSample(state, sampleImage({ accountId }), { address: sampleAddress() });
  await state.write((writer) => writer.updateImage(moved, { updatedOn: moved.updatedOn, sha256 }));
  await state.write(async (writer) => {
    expect(await writer.imageByBytes(accountId, sha256)).toEqual(plain);
    expect(await writer.imageByBytes(accountId, moved.sha256)).toBeNull();
  });
});

test('columns that a change does not name stay', async () => {
  const { state } = await openTestState();
  const image = await insertSample(state);
  const { updatedOn } = image;
  const disabled = await state.write((writer) => writer.updateImage(image, { updatedOn, disabledOn }));
  expect(disabled).toEqual({ ...image, disabledOn });
  expect(await state.write((writer) => writer.updateImage(disabled, { updatedOn, disabledOn: null }))).toEqual(image);
});

test('metadata are replaced as a whole', async () => {
  const { state } = await openTestState();
  const image = await insertSample(state, sampleImage(), { altText: 'old', focalPoint: { x: 0, y: 0 } });
  const metadata = sampleMetadata(image, { updatedOn: disabledOn });
  await state.write((writer) => writer.updateMetadata(metadata));
  expect(await state.read.metadataOf([image.id])).toEqual([metadata]);
});

test('facts of a blob that are already there stay', async () => {
  const { state } = await openTestState();
  const image = await insertSample(state);
  await state.write((writer) => writer.saveBlob({ ...sampleBlob(image), width: 1 }));
  expect(await state.read.blobsOf([image.sha256])).toEqual([sampleBlob(image)]);
});

test('a deleted image takes its metadata along', async () => {
  const { state } = await openTestState();
  const image = await insertSample(state);
  await state.write((writer) => writer.deleteImage(image, new Date()));
  expect(await state.read.imagesById([image.id])).toEqual([]);
  expect(await state.read.metadataOf([image.id])).toEqual([]);
});

/** The tombstone of a blob that the state knows. */
const unnamedOnOf = async ({ read }: OpenState, sha256: Sha256): Promise<Date | null> => {
  const blob = (await read.listBlobs(null, 100)).find((known) => known.sha256 === sha256);
  if (!blob) throw new Error('the blob is not known');
  return blob.unnamedOn;
};

const noon = new Date('2026-03-01T12:00:00.123Z');
const laterThanNoon = new Date('2026-03-01T12:00:00.124Z');

test('a blob gets its tombstone with the last image that names it, and not before', async () => {
  const { state } = await openTestState();
  const first = await insertSample(state);
  const second = await insertSample(state, sampleImage({ sha256: first.sha256 }));
  await state.write((writer) => writer.deleteImage(first, new Date(1)));
  expect(await unnamedOnOf(state, first.sha256)).toBeNull();
  await state.write((writer) => writer.deleteImage(second, noon));
  expect(await unnamedOnOf(state, first.sha256)).toEqual(noon);
});

test('a blob whose last image gets other bytes has its tombstone from then on', async () => {
  const { state } = await openTestState();
  const [image, other] = [await insertSample(state), sampleImage()];
  await state.write(async (writer) => {
    await writer.saveBlob(sampleBlob(other));
    await writer.updateImage(image, { sha256: other.sha256, updatedOn: noon });
  });
  expect(await unnamedOnOf(state, image.sha256)).toEqual(noon);
  expect(await unnamedOnOf(state, other.sha256)).toBeNull();
});

test('a tombstone that is rolled back with its delete was never there', async () => {
  const { state } = await openTestState();
  const image = await insertSample(state);
  const failed = state.write(async (writer) => {
    await writer.deleteImage(image, noon);
    throw new Error('rolled back');
  });
  await expect(failed).rejects.toThrow('rolled back');
  expect(await unnamedOnOf(state, image.sha256)).toBeNull();
});

test('naming a blob again clears its tombstone; saving it as unnamed changes nothing of one that is known', async () => {
  const { state } = await openTestState();
  const image = await insertSample(state);
  await state.write((writer) => writer.saveUnnamedBlob(sampleBlob(image), noon));
  expect(await unnamedOnOf(state, image.sha256)).toBeNull();
  await state.write((writer) => writer.deleteImage(image, noon));
  await state.write((writer) => writer.saveUnnamedBlob(sampleBlob(image), laterThanNoon));
  expect(await unnamedOnOf(state, image.sha256)).toEqual(noon);
  await insertSample(state, sampleImage({ sha256: image.sha256 }));
  expect(await unnamedOnOf(state, image.sha256)).toBeNull();
});

test('removable is a blob with a tombstone that is old enough, and never one that an image names', async () => {
  const { state } = await openTestState();
  const [named, unnamed] = [await insertSample(state), sampleImage()];
  await state.write((writer) => writer.saveUnnamedBlob(sampleBlob(unnamed), laterThanNoon));
  const remove = (sha256: Sha256, before: Date) => state.write((writer) => writer.deleteUnnamedBlob(sha256, before));
  expect(await remove(unnamed.sha256, noon)).toBe(false);
  expect(await remove(named.sha256, laterThanNoon)).toBe(false);
  expect(await remove(sampleSha256(), laterThanNoon)).toBe(false);
  expect(await remove(unnamed.sha256, laterThanNoon)).toBe(true);
  expect(await remove(unnamed.sha256, laterThanNoon)).toBe(false);
  expect(await state.read.knownHashes([named.sha256, unnamed.sha256])).toEqual(new Set([named.sha256]));
});

test('tombstones are found oldest first, without those that are too young or left out', async () => {
  const { state } = await openTestState();
  const images = Array.from({ length: 4 }, () => sampleImage());
  await state.write(async (writer) => {
    for (const [index, image] of images.entries()) await writer.saveUnnamedBlob(sampleBlob(image), new Date(9 - index));
  });
  await insertSample(state);
  const [, third, second, first] = images.map(({ sha256 }) => sha256);
  const find = (limit: number, except: Sha256[] = []) => state.read.unnamedHashes(new Date(8), limit, new Set(except));
  expect(await find(10)).toEqual([first, second, third]);
  expect(await find(2)).toEqual([first, second]);
  expect(await find(10, [first as Sha256])).toEqual([second, third]);
});

test('each database has an id of its own, which stays', async () => {
  const [one, other] = [await openTestState(), await openTestState()];
  const id = await one.state.read.storeId();
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(await other.state.read.storeId()).not.toBe(id);
  expect(await one.state.read.storeId()).toBe(id);
});
