import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Address, AddressType } from '../../../src/domain/images/address.js';
import type { StoredMimeType } from '../../../src/domain/images/image.js';
import { type ImageQuery, imageSortKeys } from '../../../src/domain/images/image-query.js';
import type { Locale } from '../../../src/domain/images/locale.js';
import type { State } from '../../../src/domain/ports.js';
import { listByModel, positionOf, type StoredSample } from '../../support/image-query-model.js';
import { sampleAccountId, sampleAddress, sampleBlob, sampleImage, sampleMetadata } from '../../support/samples.js';
import type { OpenStatePair, StatePair } from './open-state-pair.js';

const accountIds = [sampleAccountId(), sampleAccountId()] as const;
const mimeTypes: StoredMimeType[] = ['image/png', 'image/jpeg', 'image/webp'];
const altTexts = [
  ...[null, '', '50% off', '500 OFF', 'a_b', 'aXb', 'ÄÖÜ', 'äöü', 'a\u0308o\u0308u\u0308', 'aou'],
  ...['it\'s \\ "quoted"', '🖼 frame', 'Straße', 'STRASSE', 'ﬁre ｗｉｄｅ', 'ΟΔΟΣ', 'οδός'],
];
/** Short ones, and those of three characters or more, which an index may serve. */
const searched = [
  ...[
    '',
    '%',
    '50%',
    '50% ',
    '_',
    'A_B',
    'a_b',
    'off',
    'OFF',
    '00 o',
    'äö',
    'Äöü',
    'A\u0308O\u0308',
    'a\u0308o\u0308u\u0308',
    'aou',
  ],
  ...[
    '\\',
    "'",
    "it's",
    '"quoted"',
    's \\ "',
    '🖼',
    '🖼 fr',
    'strasse',
    'ẞe',
    'tra',
    'fir',
    'Wide',
    'οδοσ',
    'ΟΔΌς',
    'NOT a',
    'a*',
    '^50',
  ],
];
/** Few values, so that many images are equal and the id has to decide. */
const moments = [0, 1, 999, 1_000].map((offsetMs) => new Date(Date.UTC(2026, 0, 1) + offsetMs));
const sizes = [1, 9, 10, 100];

const pick = <Value>(values: readonly Value[], seed: number): Value => values[seed % values.length] as Value;

const types: AddressType[] = ['UGC', 'USER', 'ICON'];
const entityIds = [null, '1', "' OR 1 --", '%'];
const datasources = [null, 'gallery', 'GALLERY'];
/** The content id is the one part that differs always: no address is taken twice. */
const addressOf = (index: number): Address =>
  sampleAddress({
    type: pick(types, index),
    entityId: pick(entityIds, Math.floor(index / 2)),
    ds: pick(datasources, Math.floor(index / 3)),
    cid: index === 1 ? null : `cid ${index}`,
  });

const locales = ['de', 'de-CH'] as Locale[];

const samples: StoredSample[] = Array.from({ length: 120 }, (_, index) => {
  const image = sampleImage({
    accountId: pick(accountIds, index % 7 === 0 ? 1 : 0),
    mimeType: pick(mimeTypes, index),
    createdOn: pick(moments, index),
    updatedOn: pick(moments, Math.floor(index / 3)),
    byteSize: pick(sizes, Math.floor(index / 2)),
    disabledOn: index % 5 === 0 ? pick(moments, index) : null,
  });
  const address = index % 3 === 0 ? null : addressOf(index);
  const translations = new Map(locales.slice(index % 3).map((locale) => [locale, 'Ein Reiher']));
  return {
    image,
    metadata: sampleMetadata(image, { altText: pick(altTexts, Math.floor(index / 4)), address }),
    translations,
  };
});

const maybe = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined, freq: 2 });
const rangeOf = <Value>(values: fc.Arbitrary<Value>) => maybe(fc.record({ min: maybe(values), max: maybe(values) }));
const moment = fc.constantFrom(...moments);
const filters = fc.record({
  mimeTypes: maybe(fc.subarray(mimeTypes)),
  disabled: maybe(fc.boolean()),
  altTextContains: maybe(fc.constantFrom(...searched)),
  altTextMissing: maybe(fc.boolean()),
  altTextMissingIn: maybe(fc.constantFrom(...locales, 'fr' as Locale, null)),
  addressed: maybe(fc.boolean()),
  address: maybe(
    fc.record({
      types: maybe(fc.subarray(types)),
      entityId: maybe(fc.constantFrom(...entityIds, '')),
      ds: maybe(fc.constantFrom(...datasources)),
      cid: maybe(fc.constantFrom(null, 'cid 1', 'cid 2', 'cid 4')),
    }),
  ),
  createdOn: rangeOf(moment),
  updatedOn: rangeOf(moment),
  byteSize: rangeOf(fc.constantFrom(...sizes, 0, 55)),
});
const queries: fc.Arbitrary<ImageQuery> = fc
  .record({
    accountId: fc.constantFrom(...accountIds),
    filter: fc.oneof(fc.constant({}), filters),
    order: fc.record({ key: fc.constantFrom(...imageSortKeys), direction: fc.constantFrom('asc', 'desc') }),
    anchors: fc.tuple(maybe(fc.constantFrom(...samples)), maybe(fc.constantFrom(...samples))),
    take: fc.constantFrom('first', 'last'),
    skip: fc.nat(5),
    limit: fc.nat(30),
  })
  .map(({ anchors: [after, before], ...query }) => ({
    ...query,
    after: after && positionOf(after.image, query.order),
    before: before && positionOf(before.image, query.order),
  }));

export const testImageLists = (open: OpenStatePair): void => {
  let pair: StatePair;
  let state: State;
  beforeAll(async () => {
    pair = await open();
    [state] = pair.states;
    await state.write(async (writer) => {
      for (const { image, metadata, translations } of samples) {
        await writer.saveBlob(sampleBlob(image));
        await writer.insertImage(image, metadata);
        await writer.changeTranslations(image.id, { removed: [], written: translations });
      }
    });
  });
  afterAll(() => pair.close());

  test('every filter, order, position and window returns what the plain model returns', async () => {
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        expect(await state.read.images(query)).toEqual(listByModel(samples, query));
      }),
      { numRuns: 1_000 },
    );
  });

  test('counts are those of the plain model', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...accountIds), filters, async (accountId, filter) => {
        const all = { accountId, filter, order: { key: 'createdOn', direction: 'asc' }, take: 'first' } as const;
        const expected = listByModel(samples, { ...all, skip: 0, limit: samples.length }).length;
        expect(await state.read.countImages(accountId, filter)).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test.each(imageSortKeys.flatMap((key) => (['asc', 'desc'] as const).map((direction) => ({ key, direction }))))(
    'walking by $key $direction from either end meets every image once',
    async (order) => {
      const [accountId] = accountIds;
      const query = { accountId, filter: {}, order, skip: 0, limit: 7 };
      const all = listByModel(samples, { ...query, take: 'first', limit: samples.length });

      const forwards = [];
      for (let page = await state.read.images({ ...query, take: 'first' }); page.length > 0; ) {
        forwards.push(...page);
        const last = page.at(-1);
        page = await state.read.images({ ...query, take: 'first', after: last && positionOf(last, order) });
      }
      expect(forwards).toEqual(all);

      const backwards = [];
      for (let page = await state.read.images({ ...query, take: 'last' }); page.length > 0; ) {
        backwards.unshift(...page);
        const [first] = page;
        page = await state.read.images({ ...query, take: 'last', before: first && positionOf(first, order) });
      }
      expect(backwards).toEqual(all);
    },
  );

  test('a range may reach to the ends of time', async () => {
    const [accountId] = accountIds;
    const maxDate = new Date(8.64e15);
    const everything = await state.read.countImages(accountId, {});
    expect(await state.read.countImages(accountId, { createdOn: { max: maxDate } })).toBe(everything);
    expect(await state.read.countImages(accountId, { createdOn: { min: maxDate } })).toBe(0);
  });
};
