import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryBlobStore } from '../../../src/blobs/memory.js';
import { DuplicateImageError, NotFoundError } from '../../../src/domain/errors.js';
import { openCaller } from '../../../src/domain/identity/caller.js';
import { type AccountId, type Image, noEmbeddedTexts, type Sha256 } from '../../../src/domain/images/image.js';
import type { BlobStore, ImageFacts, SpooledFile } from '../../../src/domain/ports.js';
import { sampleAccountId } from '../../support/samples.js';
import { writeSpooledFile } from '../../support/spooled-file.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';

/** How many turns of the event loop each step of the store waits, in the order of the steps; then none. */
let delays: number[] = [];
const delay = async (): Promise<void> => {
  for (let turns = delays.shift() ?? 0; turns > 0; turns -= 1) await nextTurn();
};

/** A store whose every step is slow, so that others come in between. */
class SlowBlobStore extends MemoryBlobStore {
  override async put(file: SpooledFile): Promise<void> {
    await delay();
    await super.put(file);
    await delay();
  }
  override async remove(sha256: Sha256): Promise<void> {
    await delay();
    await super.remove(sha256);
    await delay();
  }
}

const facts: ImageFacts = {
  mimeType: 'image/png',
  width: 1,
  height: 1,
  hasAlpha: false,
  frameCount: 1,
  placeholder: { thumbhash: '', dataUri: '', dominantColor: '#000000' },
  embedded: noEmbeddedTexts,
  fingerprint: null,
  factsVersion: 1,
};

const blobs: BlobStore = new SlowBlobStore();
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(
    // every tombstone is old enough for the sweep
    { BYTES_GRACE_HOURS: '0' },
    // the processor is not what is tested, and would hide races behind its time
    { blobs, processor: (real) => ({ ...real, inspect: async () => facts }) },
  );
});
afterAll(() => server.close());

/** The image, or undefined for a failure that these operations may meet when others come first. */
const settle = <Result>(work: Promise<Result>): Promise<Result | undefined> =>
  work.catch((error: unknown) => {
    if (error instanceof DuplicateImageError || error instanceof NotFoundError) return undefined;
    throw error;
  });

const isStored = async (sha256: Sha256): Promise<boolean> => (await blobs.locate(sha256)) !== null;

const imagesOf = async (accountId: AccountId): Promise<readonly Image[]> =>
  (await server.app.images.page(openCaller, { accountId }, { count: 200 })).items;

const operations = {
  upload: async (accountId: AccountId, file: SpooledFile) => {
    await settle(server.app.images.upload(openCaller, { accountId, file }));
  },
  delete: async (accountId: AccountId) => {
    for (const { id } of await imagesOf(accountId)) await settle(server.app.images.delete(openCaller, id));
  },
  replace: async (accountId: AccountId, file: SpooledFile) => {
    for (const { id } of await imagesOf(accountId)) await settle(server.app.images.replace(openCaller, { id, file }));
  },
  sweep: async () => {
    await server.app.images.sweep();
  },
};

const step = fc.record({
  name: fc.constantFrom(...(Object.keys(operations) as (keyof typeof operations)[])),
  account: fc.constantFrom(0, 1),
  file: fc.constantFrom(0, 1),
  /** After how many turns of the event loop it begins. */
  start: fc.nat(20),
});

test('however uploads, deletes, replacements and sweeps of the same bytes fall together, no row is without its bytes', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 16 }),
      fc.array(fc.nat(12), { minLength: 20, maxLength: 40 }),
      async (steps, chosenDelays) => {
        delays = [...chosenDelays];
        const accounts = [sampleAccountId(), sampleAccountId()] as const;
        const files = [await writeSpooledFile(server.dataFolder), await writeSpooledFile(server.dataFolder)] as const;
        await Promise.all(
          steps.map(async ({ name, account, file, start }) => {
            for (let turns = 0; turns < start; turns += 1) await nextTurn();
            await operations[name](accounts[account], files[file]);
          }),
        );
        for (const accountId of accounts) {
          for (const { id, sha256 } of await imagesOf(accountId)) {
            expect(await isStored(sha256)).toBe(true);
            await server.app.images.delete(openCaller, id);
          }
        }
        await server.app.images.sweep();
        // nobody else has these bytes: after the last image they are gone
        for (const { sha256 } of files) expect(await isStored(sha256)).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});

test('an upload that is acknowledged is there, though its neighbours are rolled back', async () => {
  const accountId = sampleAccountId();
  const own = await Promise.all(Array.from({ length: 12 }, () => writeSpooledFile(server.dataFolder)));
  const twice = [...own, ...own];
  const outcomes = await Promise.allSettled(
    twice.map((file) => server.app.images.upload(openCaller, { accountId, file })),
  );
  const acknowledged = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.image] : []));
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(DuplicateImageError);
  }
  expect(acknowledged).toHaveLength(own.length);
  expect(new Set((await imagesOf(accountId)).map(({ id }) => id))).toEqual(new Set(acknowledged.map(({ id }) => id)));
  for (const { sha256 } of acknowledged) expect(await isStored(sha256)).toBe(true);
});
