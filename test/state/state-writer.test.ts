import { expect, test } from 'vitest';
import { DuplicateImageError } from '../../src/domain/errors.js';
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
  expect(await state.read.namedHashes([sha256])).toEqual(new Set());
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

test('a public id that is taken is not told as a duplicate image', async () => {
  const { state } = await openTestState();
  const { publicId } = await insertSample(state);
  const refusal = await insertSample(state, sampleImage({ publicId })).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'P2010', message: expect.stringContaining('publicId') });
});

test('new bytes of an image free its old ones for the account, and cannot be those of another image', async () => {
  const { state } = await openTestState();
  const accountId = sampleAccountId();
  const image = await insertSample(state, sampleImage({ accountId }));
  const other = await insertSample(state, sampleImage({ accountId }));
  const fresh = sampleImage({ accountId, mimeType: 'image/webp', byteSize: 7 });
  const change = { sha256: fresh.sha256, mimeType: fresh.mimeType, byteSize: fresh.byteSize, version: 2 };
  const updated = await state.write(async (writer) => {
    await writer.saveBlob(sampleBlob(fresh));
    return writer.updateImage(image.id, change);
  });
  expect(updated).toEqual({ ...image, ...change });
  await insertSample(state, sampleImage({ accountId, sha256: image.sha256 }));
  const refusal = await state
    .write((writer) => writer.updateImage(image.id, { sha256: other.sha256 }))
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(DuplicateImageError);
  expect(refusal).toMatchObject({ existing: other });
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
  await expect(taken).rejects.toMatchObject({ code: 'P2010', message: expect.stringContaining('addressKey') });
  await insertSample(state, sampleImage(), { address });
});

test('the bytes of addressed images are no duplicates, before nor after they change', async () => {
  const { state } = await openTestState();
  const plain = await insertSample(state);
  const { accountId, sha256 } = plain;
  await insertSample(state, sampleImage({ accountId, sha256 }), { address: sampleAddress() });
  const moved = await insertSample(state, sampleImage({ accountId }), { address: sampleAddress() });
  await state.write((writer) => writer.updateImage(moved.id, { sha256 }));
  await state.write(async (writer) => {
    expect(await writer.imageByBytes(accountId, sha256)).toEqual(plain);
    expect(await writer.imageByBytes(accountId, moved.sha256)).toBeNull();
  });
});

test('columns that a change does not name stay', async () => {
  const { state } = await openTestState();
  const image = await insertSample(state);
  expect(await state.write((writer) => writer.updateImage(image.id, { disabledOn }))).toEqual({ ...image, disabledOn });
  expect(await state.write((writer) => writer.updateImage(image.id, { disabledOn: null }))).toEqual(image);
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
  await state.write((writer) => writer.deleteImage(image.id));
  expect(await state.read.imagesById([image.id])).toEqual([]);
  expect(await state.read.metadataOf([image.id])).toEqual([]);
});

test('a blob goes with the last image that names it, and not before', async () => {
  const { state } = await openTestState();
  const first = await insertSample(state);
  const second = await insertSample(state, sampleImage({ sha256: first.sha256 }));
  const deleteAndRelease = (image: typeof first) =>
    state.write(async (writer) => {
      await writer.deleteImage(image.id);
      return writer.releaseBlob(image.sha256);
    });
  expect(await deleteAndRelease(first)).toBe(false);
  expect(await state.read.namedHashes([first.sha256])).toEqual(new Set([first.sha256]));
  expect(await deleteAndRelease(second)).toBe(true);
  expect(await state.read.blobsOf([first.sha256])).toEqual([]);
  expect(await state.read.namedHashes([first.sha256])).toEqual(new Set());
});

test('bytes without a row are told as gone', async () => {
  const { state } = await openTestState();
  expect(await state.write((writer) => writer.releaseBlob(sampleSha256()))).toBe(true);
});
