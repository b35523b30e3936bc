import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { DuplicateImageError, WriteConflictError } from '../../../src/domain/errors.js';
import type { ApiKey, ApiKeyId } from '../../../src/domain/identity/api-key.js';
import type { Image, ImageMetadata } from '../../../src/domain/images/image.js';
import type { State } from '../../../src/domain/ports.js';
import {
  insertMetalImages,
  insertSample,
  sampleAccountId,
  sampleAddress,
  sampleBlob,
  sampleImage,
  sampleMetadata,
  sampleMetalImage,
  sampleSha256,
} from '../../support/samples.js';
import { type OpenStatePair, race, raceRounds, useStates } from './open-state-pair.js';

const sampleKey = (id: string): ApiKey => ({
  id: id as ApiKeyId,
  secretHash: '',
  accountId: null,
  scopes: ['images.read'],
  createdOn: new Date(0),
  lastUsedOn: null,
  revokedOn: null,
});

/** Two images that collide in one thing, and in nothing else. */
const collisions: Record<string, () => [given: Partial<Image>, metadata?: Partial<ImageMetadata>]> = {
  'the bytes': () => [{ accountId: sampleAccountId(), sha256: sampleSha256() }],
  'the address': () => [{ accountId: sampleAccountId() }, { address: sampleAddress() }],
  'the id': () => [{ id: sampleImage().id }],
  'the public id': () => [{ publicId: sampleImage().publicId }],
};

/** Has both states do the same at the same time. */
const raceOn = (states: readonly State[], work: (state: State, index: number) => Promise<unknown>) =>
  race(...states.map((state, index) => () => work(state, index)));

export const testUniqueRules = (open: OpenStatePair): void => {
  test.each(Object.keys(collisions))('of two images inserted at once, %s is one image’s', async (rule) => {
    const states = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const [given, metadata] = collisions[rule]?.() ?? [{}];
      const { won, lost } = await raceOn(states, (state) => insertSample(state, sampleImage(given), metadata));
      expect(won).toHaveLength(1);
      const [winner] = won as [Image];
      if (rule === 'the bytes') {
        expect(lost).toEqual([expect.any(DuplicateImageError)]);
        expect(lost).toMatchObject([{ existing: winner }]);
      } else {
        expect(lost).toEqual([expect.any(WriteConflictError)]);
      }
      // nothing is left of the other one: its blob would be there without an image
      const kept = await states[0].read.knownHashes([winner.sha256]);
      expect(kept.size).toBe(1);
      expect(await states[0].read.imagesById([winner.id])).toEqual([winner]);
      expect(await states[1].read.metadataOf([winner.id])).toHaveLength(1);
    }
  });

  test('two images that get the same bytes at once do not both have them', async () => {
    const states = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const accountId = sampleAccountId();
      const images = [
        await insertSample(states[0], sampleImage({ accountId })),
        await insertSample(states[0], sampleImage({ accountId })),
      ];
      const bytes = sampleImage();
      const { won, lost } = await raceOn(states, (state, index) =>
        state.write(async (writer) => {
          await writer.saveBlob(sampleBlob(bytes));
          const before = images[index] as Image;
          return writer.updateImage(before, { updatedOn: new Date(), sha256: bytes.sha256, version: 2 });
        }),
      );
      expect(won).toHaveLength(1);
      expect(lost).toEqual([expect.any(WriteConflictError)]);
      expect(String(lost[0])).toContain('bytes');
      expect(await states[1].read.imagesWithBytes(bytes.sha256, 10)).toEqual(won);
    }
  });

  test('the facts of one blob may be saved by any number at once', async () => {
    const states = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const sha256 = sampleSha256();
      const { lost } = await raceOn([...states, ...states], (state) => insertSample(state, sampleImage({ sha256 })));
      expect(lost).toEqual([]);
      expect(await states[0].read.imagesWithBytes(sha256, 10)).toHaveLength(4);
    }
  });

  test('a metal image, and a key, exist once', async () => {
    const states = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const metalImage = sampleMetalImage(`os-${round}`);
      const metal = await raceOn(states, (state) => insertMetalImages(state, [metalImage]));
      expect(metal).toMatchObject({ won: [undefined], lost: [expect.any(WriteConflictError)] });
      expect(await states[1].read.metal.imagesById([metalImage.id])).toEqual([metalImage]);
      const key = sampleKey(randomUUID());
      const keys = await raceOn(states, (state) => state.write((writer) => writer.keys.insert(key)));
      expect(keys).toMatchObject({ won: [undefined], lost: [expect.any(WriteConflictError)] });
      expect(await states[1].read.keys.find(key.id)).toEqual(key);
    }
  });

  test('a machine runs on one image, the last that was set', async () => {
    const states = await useStates(open);
    await insertMetalImages(states[0], [sampleMetalImage('os-0'), sampleMetalImage('os-1')]);
    for (let round = 0; round < raceRounds; round += 1) {
      const machineId = `machine ${round}`;
      const { lost } = await raceOn(states, (state, index) =>
        state.write(({ metal }) => metal.saveUse({ machineId, imageId: `os-${index}` })),
      );
      expect(lost).toEqual([]);
      const uses = await states[0].read.metal.usesOf(['os-0', 'os-1']);
      expect(uses.filter((use) => use.machineId === machineId)).toHaveLength(1);
    }
  });

  test('a grant that is revoked by two at once stays revoked until the later end', async () => {
    const states = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const grantId = randomUUID();
      const ends = [new Date(2_000), new Date(1_000)];
      const { lost } = await raceOn(states, (state, index) =>
        state.write((writer) => writer.grants.revoke(grantId, ends[index] as Date)),
      );
      expect(lost).toEqual([]);
      await states[1].write((writer) => writer.grants.deleteExpired(new Date(1_999)));
      expect(await states[0].read.grants.isRevoked(grantId)).toBe(true);
      await states[0].write((writer) => writer.grants.deleteExpired(new Date(2_000)));
      expect(await states[1].read.grants.isRevoked(grantId)).toBe(false);
    }
  });

  test('an insert that is refused ends nothing: the transaction goes on to read and to write', async () => {
    const [state] = await useStates(open);
    const existing = await insertSample(state);
    const { accountId, sha256 } = existing;
    const other = sampleImage({ accountId });
    const seen = await state.write(async (writer) => {
      const twin = sampleImage({ accountId, sha256 });
      const refusal = await writer.insertImage(twin, sampleMetadata(twin)).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(DuplicateImageError);
      await writer.saveBlob(sampleBlob(other));
      await writer.insertImage(other, sampleMetadata(other));
      return writer.image(existing.id);
    });
    expect(seen).toEqual(existing);
    expect(await state.read.imagesById([other.id])).toEqual([other]);
  });
};
