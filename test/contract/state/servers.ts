import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { MemoryBlobStore } from '../../../src/blobs/memory.js';
import { ChangeFeed } from '../../../src/domain/changes/change-feed.js';
import { FailedRenders } from '../../../src/domain/delivery/failed-renders.js';
import type { ImageDependencies } from '../../../src/domain/dependencies.js';
import { DuplicateImageError, ImageLimitReachedError, NotFoundError } from '../../../src/domain/errors.js';
import { openCaller } from '../../../src/domain/identity/caller.js';
import { deleteImage } from '../../../src/domain/images/delete-image.js';
import { disableImage, enableImage } from '../../../src/domain/images/disable-image.js';
import type { AccountId, Image, ImageId, PublicId } from '../../../src/domain/images/image.js';
import type { Locale } from '../../../src/domain/images/locale.js';
import { replaceImage, updateImage } from '../../../src/domain/images/update-image.js';
import { uploadAddressedImage } from '../../../src/domain/images/upload-addressed-image.js';
import { uploadImage } from '../../../src/domain/images/upload-image.js';
import { defaultLimits } from '../../../src/domain/limits.js';
import type { ByteKeeper, State } from '../../../src/domain/ports.js';
import { KeyedMutex } from '../../../src/lib/keyed-mutex.js';
import { unboundedSpace } from '../../support/disk-space.js';
import { sampleAccountId, sampleAddress, sampleBlob, sampleImage } from '../../support/samples.js';
import { writeSpooledFile } from '../../support/spooled-file.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { type OpenStatePair, race, raceRounds, useStates } from './open-state-pair.js';

/** The operations of a server on a state; the files that it accepts may be anything. */
const serverOn = async (state: State & ByteKeeper, blobs: MemoryBlobStore, imagesPerAccount: number | null) => {
  const dependencies: ImageDependencies = {
    state,
    blobs,
    space: unboundedSpace,
    inspect: async () => sampleBlob(sampleImage()),
    bytesGraceMs: 0,
    changeRetentionMs: 24 * 60 * 60 * 1000,
    failedRenders: new FailedRenders(0),
    hashLocks: new KeyedMutex(),
    changes: await ChangeFeed.open(await state.read.storeId(), state.read.changes),
    limits: { ...defaultLimits, imagesPerAccount } as typeof defaultLimits,
    defaultLocale: 'en' as Locale,
    meter: {
      uploadAccepted: () => undefined,
      uploadRefused: () => undefined,
      variantLookedUp: () => undefined,
      renderedAhead: () => undefined,
    },
    now: () => new Date(),
    newImageId: () => randomUUID() as ImageId,
    newPublicId: () => randomBytes(11).toString('hex').slice(0, 21) as PublicId,
  };
  const upload = uploadImage(dependencies);
  return {
    upload: async (...given: Parameters<typeof upload>) => (await upload(...given)).image,
    uploadAddressed: uploadAddressedImage(dependencies),
    update: updateImage(dependencies),
    replace: replaceImage(dependencies),
    disable: disableImage(dependencies),
    enable: enableImage(dependencies),
    delete: deleteImage(dependencies),
  };
};

/** Two servers, each with locks and caches of its own, on one database and one store. */
const useServers = async (open: OpenStatePair, imagesPerAccount: number | null = null) => {
  const states = await useStates(open);
  const blobs = new MemoryBlobStore();
  const folder = await useTempFolder();
  const [first, second] = [
    await serverOn(states[0], blobs, imagesPerAccount),
    await serverOn(states[1], blobs, imagesPerAccount),
  ];
  return { first, second, servers: [first, second], read: states[0].read, newFile: () => writeSpooledFile(folder) };
};

export const testServers = (open: OpenStatePair): void => {
  test('an account never has more images than it may have', async () => {
    const { servers, read, newFile } = await useServers(open, 5);
    const accountId = sampleAccountId();
    const files = await Promise.all(Array.from({ length: 10 }, newFile));
    const { won, lost } = await race(
      ...files.map((file, index) => () => {
        const server = servers[index % 2] as (typeof servers)[0];
        return index % 3 === 0
          ? server.uploadAddressed(openCaller, { accountId, file, address: sampleAddress() })
          : server.upload(openCaller, { accountId, file });
      }),
    );
    expect(won).toHaveLength(5);
    expect(lost).toEqual(lost.map(() => expect.any(ImageLimitReachedError)));
    expect(await read.countImages(accountId, {})).toBe(5);
  });

  test('the same bytes uploaded to both are one image, and the other upload reports which', async () => {
    const { first, second, newFile } = await useServers(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const [accountId, file] = [sampleAccountId(), await newFile()];
      const { won, lost } = await race(
        () => first.upload(openCaller, { accountId, file }),
        () => second.upload(openCaller, { accountId, file }),
      );
      expect(won).toHaveLength(1);
      expect(lost).toEqual([expect.any(DuplicateImageError)]);
      expect(lost).toMatchObject([{ existing: won[0] }]);
    }
  });

  test('two first uploads to an address make one image, which has the bytes of either', async () => {
    const { first, second, read, newFile } = await useServers(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const [accountId, address] = [sampleAccountId(), sampleAddress()];
      const files = [await newFile(), await newFile()] as const;
      const { won, lost } = await race(
        () => first.uploadAddressed(openCaller, { accountId, address, file: files[0] }),
        () => second.uploadAddressed(openCaller, { accountId, address, file: files[1] }),
      );
      expect(lost).toEqual([]);
      const [one, other] = won as [Image, Image];
      expect(one.id).toBe(other.id);
      expect(await read.imageByAddress(accountId, address)).toMatchObject({ id: one.id, version: 2 });
      expect(await read.countImages(accountId, {})).toBe(1);
    }
  });

  test('two images replaced by the same bytes do not both get them, and the other one reports why', async () => {
    const { first, second, newFile } = await useServers(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const accountId = sampleAccountId();
      const [one, other] = [
        await first.upload(openCaller, { accountId, file: await newFile() }),
        await first.upload(openCaller, { accountId, file: await newFile() }),
      ];
      const file = await newFile();
      const { won, lost } = await race(
        () => first.replace(openCaller, { id: one.id, file }),
        () => second.replace(openCaller, { id: other.id, file }),
      );
      expect(lost).toEqual([expect.any(DuplicateImageError)]);
      expect(lost).toMatchObject([{ existing: won[0] }]);
    }
  });

  test('changes of different fields at once are all kept, and each raises a revision once', async () => {
    const { first, second, read, newFile } = await useServers(open);
    const accountId = sampleAccountId() as AccountId;
    for (let round = 0; round < raceRounds; round += 1) {
      const { id } = await first.upload(openCaller, { accountId, file: await newFile() });
      const file = await newFile();
      const { lost } = await race(
        () => first.update(openCaller, { id, metadata: { altText: 'text' } }),
        () => second.update(openCaller, { id, metadata: { focalPoint: { x: 0.25, y: 0.75 } } }),
        () => first.disable(openCaller, id),
        () => second.replace(openCaller, { id, file }),
      );
      expect(lost).toEqual([]);
      expect(await read.metadataOf([id])).toMatchObject([{ altText: 'text', focalPoint: { x: 0.25, y: 0.75 } }]);
      expect(await read.imagesById([id])).toMatchObject([
        { sha256: file.sha256, version: 3, metadataRevision: 3, disabledOn: expect.any(Date) },
      ]);
    }
  });

  test('an image that is deleted while it is changed is gone, and nobody brings it back', async () => {
    const { first, second, read, newFile } = await useServers(open);
    const accountId = sampleAccountId();
    for (let round = 0; round < raceRounds; round += 1) {
      const { id } = await first.upload(openCaller, { accountId, file: await newFile() });
      const { lost } = await race(
        () => first.update(openCaller, { id, metadata: { altText: 'text' } }),
        () => second.delete(openCaller, id),
        () => first.disable(openCaller, id),
        () => second.enable(openCaller, id),
      );
      expect(lost).toEqual(lost.map(() => expect.any(NotFoundError)));
      expect(await read.imagesById([id])).toEqual([]);
      expect(await read.metadataOf([id])).toEqual([]);
    }
  });
};
