import { expect, test } from 'vitest';
import { DuplicateImageError } from '../../../src/domain/errors.js';
import { noEmbeddedTexts } from '../../../src/domain/images/image.js';
import type { Locale } from '../../../src/domain/images/locale.js';
import {
  insertSample,
  sampleAccountId,
  sampleAddress,
  sampleBlob,
  sampleImage,
  sampleMetadata,
} from '../../support/samples.js';
import { type OpenStatePair, useStates } from './open-state-pair.js';

const disabledOn = new Date('2026-03-04T05:06:07.089Z');

export const testImages = (open: OpenStatePair): void => {
  test('an image, its metadata and its blob come back as they went in', async () => {
    const [state] = await useStates(open);
    const image = sampleImage({ disabledOn, version: 3, metadataRevision: 4, byteSize: 16 * 1024 * 1024 });
    const given = { altText: "A 'quoted' ünïcode 🖼 text", focalPoint: { x: 0.1, y: 1 } };
    await insertSample(state, image, given);
    expect(await state.read.imagesById([image.id])).toEqual([image]);
    expect(await state.read.imageByPublicId(image.publicId)).toEqual(image);
    expect(await state.read.metadataOf([image.id])).toEqual([sampleMetadata(image, given)]);
    const { embedded: _, ...facts } = sampleBlob(image);
    expect(await state.read.blobsOf([image.sha256])).toEqual([facts]);
    await state.write(async (writer) => {
      expect(await writer.image(image.id)).toEqual(image);
      expect(await writer.metadata(image.id)).toEqual(sampleMetadata(image, given));
      expect(await writer.imageByBytes(image.accountId, image.sha256)).toEqual(image);
      expect(await writer.countImages(image.accountId)).toBe(1);
    });
  });

  test('what does not exist is null, empty or zero', async () => {
    const [state] = await useStates(open);
    const { id, publicId, accountId, sha256 } = sampleImage();
    expect(await state.read.imagesById([id])).toEqual([]);
    expect(await state.read.imagesById([])).toEqual([]);
    expect(await state.read.imageByPublicId(publicId)).toBeNull();
    expect(await state.read.knownHashes([sha256])).toEqual(new Set());
    expect(await state.read.listBlobs(null, 10)).toEqual([]);
    expect(await state.read.unnamedBlobs(new Date(), 10, null)).toEqual([]);
    expect(await state.read.imagesWithBytes(sha256, 10)).toEqual([]);
    await state.write(async (writer) => {
      expect(await writer.image(id)).toBeNull();
      expect(await writer.metadata(id)).toBeNull();
      expect(await writer.imageByBytes(accountId, sha256)).toBeNull();
      expect(await writer.countImages(accountId)).toBe(0);
    });
  });

  test('the same bytes twice in one account are refused with the image that has them, and in another account taken', async () => {
    const [state] = await useStates(open);
    const first = await insertSample(state);
    const { accountId, sha256 } = first;
    const refusal = await insertSample(state, sampleImage({ accountId, sha256 })).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DuplicateImageError);
    expect(refusal).toMatchObject({ existing: first });
    await insertSample(state, sampleImage({ sha256 }));
  });

  test('a public id that is taken is not reported as a duplicate image', async () => {
    const [state] = await useStates(open);
    const { publicId } = await insertSample(state);
    const refusal = await insertSample(state, sampleImage({ publicId })).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('the id of the image') });
  });

  test('new bytes of an image free its old ones for the account, and cannot be those of another image', async () => {
    const [state] = await useStates(open);
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
    const [state] = await useStates(open);
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
    const [state] = await useStates(open);
    const address = sampleAddress();
    const { accountId } = await insertSample(state, sampleImage(), { address });
    const taken = insertSample(state, sampleImage({ accountId }), { address: { ...address, docid: 'another' } });
    await expect(taken).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('address') });
    await insertSample(state, sampleImage(), { address });
  });

  test('the bytes of addressed images are no duplicates, before nor after they change', async () => {
    const [state] = await useStates(open);
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
    const [state] = await useStates(open);
    const image = await insertSample(state);
    const { updatedOn } = image;
    const disabled = await state.write((writer) => writer.updateImage(image, { updatedOn, disabledOn }));
    expect(disabled).toEqual({ ...image, disabledOn });
    expect(await state.write((writer) => writer.updateImage(disabled, { updatedOn, disabledOn: null }))).toEqual(image);
  });

  test('metadata are replaced as a whole', async () => {
    const [state] = await useStates(open);
    const image = await insertSample(state, sampleImage(), { altText: 'old', focalPoint: { x: 0, y: 0 } });
    const metadata = sampleMetadata(image, { updatedOn: disabledOn });
    await state.write((writer) => writer.updateMetadata(metadata));
    expect(await state.read.metadataOf([image.id])).toEqual([metadata]);
  });

  test('facts of a blob that are already there stay', async () => {
    const [state] = await useStates(open);
    const image = await insertSample(state);
    await state.write((writer) => writer.saveBlob({ ...sampleBlob(image), width: 1 }));
    const { embedded, ...facts } = sampleBlob(image);
    expect(await state.read.blobsOf([image.sha256])).toEqual([facts]);
    expect(await state.read.embeddedOf([image.sha256])).toEqual(new Map([[image.sha256, embedded]]));
  });

  test('texts of files come back as they were, and apart from the other facts', async () => {
    const [state] = await useStates(open);
    const [none, some, absent] = [sampleImage(), sampleImage(), sampleImage()];
    const texts = { altText: 'Ein rotes Boot\n🚢', description: '', creator: null, copyright: '©' };
    await state.write(async (writer) => {
      await writer.saveBlob({ ...sampleBlob(none), embedded: noEmbeddedTexts });
      await writer.saveUnnamedBlob({ ...sampleBlob(some), embedded: texts }, new Date());
    });
    expect(await state.read.embeddedOf([none.sha256, some.sha256, absent.sha256])).toEqual(
      new Map([
        [none.sha256, noEmbeddedTexts],
        [some.sha256, texts],
      ]),
    );
  });

  test('a deleted image has its metadata deleted too', async () => {
    const [state] = await useStates(open);
    const image = await insertSample(state);
    await state.write((writer) => writer.deleteImage(image, new Date()));
    expect(await state.read.imagesById([image.id])).toEqual([]);
    expect(await state.read.metadataOf([image.id])).toEqual([]);
  });

  test('texts in other languages are set and removed one by one, and go with their image', async () => {
    const [state, other] = await useStates(open);
    const image = await insertSample(state);
    const neighbour = await insertSample(other);
    const texts = (entries: Record<string, string>) => new Map(Object.entries(entries)) as Map<Locale, string>;
    const change = (removed: string[], written: Record<string, string>) =>
      state.write((writer) =>
        writer.changeTranslations(image.id, { removed: removed as Locale[], written: texts(written) }),
      );
    const stored = async () => (await other.read.translationsOf([image.id, neighbour.id])).get(image.id);
    expect(await stored()).toBeUndefined();
    await change([], { de: 'Ein Reiher', 'pt-BR': "Uma 'garça' 🪶", ar: '' });
    expect(await stored()).toEqual(texts({ de: 'Ein Reiher', 'pt-BR': "Uma 'garça' 🪶", ar: '' }));
    await change(['pt-BR', 'sv'], { de: 'Ein Graureiher' });
    expect(await stored()).toEqual(texts({ de: 'Ein Graureiher', ar: '' }));
    expect(await state.write((writer) => writer.translations(image.id))).toEqual(await stored());
    await other.write((writer) =>
      writer.changeTranslations(neighbour.id, { removed: [], written: texts({ de: 'Ein Storch' }) }),
    );
    await state.write((writer) => writer.deleteImage(image, new Date()));
    expect(await other.read.translationsOf([image.id, neighbour.id])).toEqual(
      new Map([[neighbour.id, texts({ de: 'Ein Storch' })]]),
    );
  });

  test('each database has an id of its own, which stays', async () => {
    const [[one, alsoOne], [other]] = [await useStates(open), await useStates(open)];
    const id = await one.read.storeId();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(await other.read.storeId()).not.toBe(id);
    expect(await alsoOne.read.storeId()).toBe(id);
  });
};
