import Database from 'libsql';
import { expect, test } from 'vitest';
import { factsVersions, type Image } from '../../src/domain/images/image.js';
import { imageSortKeys, newestFirst } from '../../src/domain/images/image-query.js';
import type { Locale } from '../../src/domain/images/locale.js';
import type { StateReader } from '../../src/domain/ports.js';
import { sampleFingerprint } from '../support/fingerprints.js';
import { positionOf } from '../support/image-query-model.js';
import { openTestState } from '../support/open-test-state.js';
import { insertSample, sampleAccountId, sampleAddress, sampleImage } from '../support/samples.js';

const accountId = sampleAccountId();
const filter = {
  altTextContains: 'a',
  altTextMissing: false,
  altTextMissingIn: 'de' as Locale,
  disabled: false,
  addressed: true,
  address: { types: ['UGC', 'ICON'], entityId: '1', ds: null, cid: 'a' },
} as const;
const window = { order: newestFirst, take: 'first', skip: 0, limit: 201 } as const;

const reads: Record<
  Exclude<keyof StateReader, 'metal' | 'changes' | 'webhooks'>,
  (read: StateReader, images: readonly Image[]) => Promise<unknown>
> = {
  keys: (read) => read.keys.list(),
  grants: (read) => read.grants.isRevoked('a grant'),
  origins: (read) => read.origins.list('moov', 0, 200),
  removals: (read) => read.removals.has({ accountId, address: sampleAddress() }),
  imagesById: (read, images) => read.imagesById(images.map(({ id }) => id)),
  imageByPublicId: (read, [image = sampleImage()]) => read.imageByPublicId(image.publicId),
  imageByAddress: (read) => read.imageByAddress(accountId, sampleAddress()),
  publicImage: (read, [image = sampleImage()]) => read.publicImage(image.publicId),
  metadataOf: (read, images) => read.metadataOf(images.map(({ id }) => id)),
  embeddedOf: (read, images) => read.embeddedOf(images.map(({ sha256 }) => sha256)),
  translationsOf: (read, images) => read.translationsOf(images.map(({ id }) => id)),
  blobsOf: (read, images) => read.blobsOf(images.map(({ sha256 }) => sha256)),
  // of another length each time, so that it is not a list that is known
  images: (read, images) => read.images({ accountId, filter, ...window, limit: images.length }),
  countImages: (read) => read.countImages(accountId, filter),
  accounts: (read, images) => read.accounts({ take: 'first', limit: images.length }),
  accountSizes: (read) => read.accountSizes([accountId]),
  storeId: (read) => read.storeId(),
  purgedSeq: (read) => read.purgedSeq(),
  countBlobs: (read) => read.countBlobs(),
  listBlobs: (read, [image = sampleImage()]) => read.listBlobs(image.sha256, 200),
  unnamedBlobs: (read, [{ sha256 } = sampleImage()]) =>
    read.unnamedBlobs(new Date(), 200, { sha256, unnamedOn: new Date(0) }),
  knownHashes: (read, images) => read.knownHashes(images.map(({ sha256 }) => sha256)),
  similarImages: (read, [image = sampleImage(), ...rest]) =>
    read.similarImages({
      accountId,
      fingerprint: sampleFingerprint(),
      maxDistance: 8,
      except: image.id,
      limit: 1 + rest.length,
    }),
  blobsOlderThan: (read, images) => read.blobsOlderThan(factsVersions, null, images.length),
  countBlobsOlderThan: (read) => read.countBlobsOlderThan(factsVersions),
  imagesWithBytes: (read, [image = sampleImage()]) => read.imagesWithBytes(image.sha256, 10),
};

test('each read is one SELECT, of one image as of 200', async () => {
  const { state, takeQueries } = await openTestState();
  const images: Image[] = [];
  for (let count = 0; count < 200; count += 1) images.push(await insertSample(state, sampleImage({ accountId })));
  for (const read of Object.values(reads)) {
    for (const some of [images.slice(0, 1), images]) {
      takeQueries();
      await read(state.read, some);
      expect(takeQueries()).toEqual([expect.stringMatching(/^\s*SELECT /)]);
    }
  }
});

/** The steps in which SQLite would run the statements. */
const queryPlans = (path: string, statements: readonly string[]): string[] => {
  const database = new Database(path);
  try {
    return statements.flatMap((sql) => {
      const parameters = Array.from(sql.matchAll(/\?/g), () => 0);
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
      return steps.map(({ detail }) => detail);
    });
  } finally {
    database.close();
  }
};

const lists = imageSortKeys.flatMap((key) =>
  (['asc', 'desc'] as const).flatMap((direction) =>
    (['first', 'last'] as const).map((take) => ({ order: { key, direction }, take })),
  ),
);

test.each(lists)('a page by $order.key $order.direction, $take, is read off its index', async ({ order, take }) => {
  const { state, path, takeQueries } = await openTestState();
  const image = await insertSample(state, sampleImage({ accountId }));
  const query = { accountId, filter: {}, order, take, skip: 0, limit: 21 };
  const plansOf = async (position: object): Promise<string[]> => {
    takeQueries();
    await state.read.images({ ...query, ...position });
    return queryPlans(path, takeQueries());
  };
  const index = `SEARCH Image USING INDEX Image_accountId_${order.key}_id_idx (accountId=?`;
  const place = positionOf(image, order);
  expect(await plansOf({})).toEqual([`${index})`]);
  const [relation, opposite] = order.direction === 'asc' ? ['>', '<'] : ['<', '>'];
  expect(await plansOf({ after: place })).toEqual([`${index} AND (${order.key},id)${relation}(?,?))`]);
  expect(await plansOf({ before: place })).toEqual([`${index} AND (${order.key},id)${opposite}(?,?))`]);
});

test('accounts are found by steps in an index, and measured without a look at their images', async () => {
  const { state, path, takeQueries } = await openTestState();
  await insertSample(state, sampleImage({ accountId }));
  takeQueries();
  for (const take of ['first', 'last'] as const) {
    for (const bounds of [{}, { after: accountId }, { before: accountId }]) {
      await state.read.accounts({ take, limit: 3, ...bounds });
    }
  }
  await state.read.accountSizes([accountId]);
  const readingImages = queryPlans(path, takeQueries()).filter((step) => step.includes('Image'));
  expect(readingImages.length).toBeGreaterThan(12);
  for (const step of readingImages)
    expect(step).toMatch(/^SEARCH Image USING COVERING INDEX Image_accountId_\w+_id_idx/);
});

test('an image is found at its address by two indexes', async () => {
  const { state, path, takeQueries } = await openTestState();
  await state.read.imageByAddress(accountId, sampleAddress());
  expect(queryPlans(path, takeQueries())).toEqual([
    expect.stringContaining('ImageMetadata_addressKey_key (addressKey=?)'),
    expect.stringContaining('sqlite_autoindex_Image_1 (id=?)'),
  ]);
});

test('similar images are found by steps in their index, and read by their ids', async () => {
  const { state, path, takeQueries } = await openTestState();
  await insertSample(state, sampleImage({ accountId }));
  takeQueries();
  const except = sampleImage().id;
  await state.read.similarImages({ accountId, fingerprint: sampleFingerprint(), maxDistance: 8, except, limit: 10 });
  expect(queryPlans(path, takeQueries()).filter((step) => step.includes('Image'))).toEqual([
    'SEARCH ImageHash USING PRIMARY KEY (bucket=?)',
    'SEARCH Image USING INDEX sqlite_autoindex_Image_1 (id=?)',
  ]);
});

test('a text of three characters is looked up in the index of texts, and one of two is not', async () => {
  const { state, path, takeQueries } = await openTestState();
  await insertSample(state, sampleImage({ accountId }), { altText: 'a red bicycle' });
  const plansOf = async (altTextContains: string): Promise<string[]> => {
    takeQueries();
    expect(await state.read.images({ accountId, filter: { altTextContains }, ...window })).toHaveLength(1);
    expect(await state.read.countImages(accountId, { altTextContains })).toBe(1);
    return queryPlans(path, takeQueries());
  };
  const indexed = await plansOf('RED');
  expect(indexed.filter((step) => step.startsWith('SCAN ImageMetadataText VIRTUAL TABLE INDEX'))).toHaveLength(4);
  expect(indexed.filter((step) => /SCAN (?!ImageMetadataText)|Image_accountId/.test(step))).toEqual([]);
  expect((await plansOf('re')).filter((step) => step.includes('ImageMetadataText'))).toEqual([]);
});
