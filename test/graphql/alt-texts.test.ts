import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeChangeCursor } from '../../src/domain/changes/changes.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { changeImage, uploadAddressedImage, uploadImage } from '../support/image-operations.js';
import { insertImages } from '../support/insert-images.js';
import { journalHead } from '../support/journal-head.js';
import { bearer, makeKey } from '../support/keys.js';
import { newPhoto } from '../support/sample-images.js';
import { runSql } from '../support/server-stores.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

type Texts = Record<string, string | null>;
const listOf = (texts: Texts) => Object.entries(texts).map(([locale, text]) => ({ locale, text }));

const upload = async (metadata?: Parameters<typeof uploadImage>[2], account = accountId): Promise<string> =>
  (await uploadImage(server, await newPhoto(), metadata, account)).id;

const textsOf = async (id: string, on = server): Promise<Texts> => {
  const { data } = await on.query(
    'query($id: ID!) { image(by: { id: $id }) { metadata { altTexts { locale text } } } }',
    { id },
  );
  return Object.fromEntries(
    data.image.metadata.altTexts.map(({ locale, text }: { locale: string; text: string }) => [locale, text]),
  );
};

const update = (id: string, metadata: Record<string, unknown> | null, on = server) =>
  changeImage(on, 'updateImage', 'UpdateImageInput', { id, metadata });

const german = { en: 'A heron', de: 'Ein Reiher' };

test('an upload keeps a text in each language, by the canonical form of its tag, the default one first', async () => {
  const altTexts = listOf({ 'PT-br': 'Uma garça', EN: 'A heron', iw: 'אנפה', 'zh-hant': '', de: 'Ein Reiher' });
  const id = await upload({ altTexts });
  const { data } = await server.query(
    `query($id: ID!) { defaultLocale image(by: { id: $id }) { metadata { altText altTexts { locale text }
      brazil: altText(locale: "pt-BR") taiwan: altText(locale: "zh-Hant-TW") portugal: altText(locale: "pt-PT") } } }`,
    { id },
  );
  expect(data.defaultLocale).toBe('en');
  expect(data.image.metadata).toEqual({
    altText: 'A heron',
    altTexts: listOf({ en: 'A heron', de: 'Ein Reiher', he: 'אנפה', 'pt-BR': 'Uma garça', 'zh-Hant': '' }),
    brazil: 'Uma garça',
    taiwan: '',
    portugal: 'A heron',
  });
});

test.each<[string, Record<string, unknown> | null, Texts]>([
  ['absent texts stay', { altText: 'A stork' }, { en: 'A stork', de: 'Ein Reiher' }],
  ['an empty list changes nothing', { altTexts: [] }, german],
  ['a text is added', { altTexts: listOf({ fr: 'Un héron' }) }, { ...german, fr: 'Un héron' }],
  ['a text is set', { altTexts: listOf({ de: 'Ein Storch' }) }, { en: 'A heron', de: 'Ein Storch' }],
  ['a null text is removed', { altTexts: listOf({ de: null, sv: null }) }, { en: 'A heron' }],
  ['an empty text is decorative, not missing', { altTexts: listOf({ de: '' }) }, { en: 'A heron', de: '' }],
  ['the default one is altText', { altTexts: listOf({ en: 'A stork' }) }, { en: 'A stork', de: 'Ein Reiher' }],
  ['the default one is removed', { altTexts: listOf({ en: null }) }, { de: 'Ein Reiher' }],
  ['both may say the same', { altText: 'A', altTexts: listOf({ en: 'A' }) }, { en: 'A', de: 'Ein Reiher' }],
  ['null removes all but the default one', { altTexts: null }, { en: 'A heron' }],
  ['null metadata remove all', null, {}],
])('of a change, %s', async (_rule, metadata, expected) => {
  const id = await upload({ altTexts: listOf(german) });
  expect(await update(id, metadata)).toMatchObject({ __typename: 'Image' });
  expect(await textsOf(id)).toEqual(expected);
});

test('metadata that replace the old ones leave no other text, with a new file or without', async () => {
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => upload({ altTexts: listOf(german) })));
  if (!first || !second || !third) throw new Error('no image');
  const input = { id: first, metadata: { altTexts: listOf({ fr: 'Un héron' }) } };
  await changeImage(server, 'updateImageMetadata', 'UpdateImageMetadataInput', input);
  expect(await textsOf(first)).toEqual({ fr: 'Un héron' });
  await changeImage(server, 'updateImageMetadata', 'UpdateImageMetadataInput', { id: first, metadata: {} });
  expect(await textsOf(first)).toEqual({});
  const replace = async (id: string, more: object) =>
    changeImage(server, 'replaceImage', 'ReplaceImageInput', { id, ...more }, await newPhoto());
  await replace(second, { metadata: { altText: 'A stork' } });
  expect(await textsOf(second)).toEqual({ en: 'A stork' });
  await replace(third, {});
  expect(await textsOf(third)).toEqual(german);
});

test('the same address again keeps the texts that are not given', async () => {
  const at = async (metadata: Record<string, unknown>) =>
    (await uploadAddressedImage(server, { type: 'UGC', entityId: 'heron' }, await newPhoto(), { metadata })).id;
  const id = await at({ altTexts: listOf(german) });
  expect(await at({ altTexts: listOf({ fr: 'Un héron' }) })).toBe(id);
  expect(await textsOf(id)).toEqual({ ...german, fr: 'Un héron' });
});

test('a disabled image that is uploaded again keeps its texts too', async () => {
  const photo = await newPhoto();
  const { id } = await uploadImage(server, photo, { altTexts: listOf(german) });
  await changeImage(server, 'disableImage', 'ImageIdInput', { id });
  await uploadImage(server, photo, { altTexts: listOf({ fr: 'Un héron' }) });
  expect(await textsOf(id)).toEqual({ ...german, fr: 'Un héron' });
});

describe('input that is refused, with its place', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ locale: `en-x-${index}`, text: 'x' }));
  const { altTextLocales, altTextLength } = defaultLimits;
  test.each<[string, Record<string, unknown>, string[], string]>([
    [
      'a language twice, in two forms',
      { altTexts: [...listOf({ 'de-CH': 'a' }), ...listOf({ 'DE-ch': 'a' })] },
      ['metadata', 'altTexts', '1', 'locale'],
      'Is de-CH again',
    ],
    [
      'two default texts',
      { altText: 'A', altTexts: listOf({ en: 'B' }) },
      ['metadata', 'altText'],
      'Differs from the text in en',
    ],
    [
      'a text that is too long',
      { altTexts: listOf({ fr: 'x', de: '🪶'.repeat(altTextLength + 1) }) },
      ['metadata', 'altTexts', '1', 'text'],
      `at most ${altTextLength}`,
    ],
    [
      'a text that cannot be stored',
      { altTexts: listOf({ de: 'a\0b' }) },
      ['metadata', 'altTexts', '0', 'text'],
      'cannot be stored',
    ],
    ['too many languages at once', { altTexts: many(altTextLocales + 2) }, ['metadata', 'altTexts'], 'at most 50'],
    ['too many languages in the end', { altTexts: many(altTextLocales) }, ['metadata', 'altTexts'], 'at most 50'],
  ])('%s', async (_what, metadata, path, message) => {
    const id = await upload({ altTexts: listOf(german) });
    const issues = [{ path, message: expect.stringContaining(message) }];
    expect(await update(id, metadata)).toMatchObject({ __typename: 'InvalidInputError', issues });
    expect(await textsOf(id)).toEqual(german);
  });

  test.each(['en_US', '', 'x-pirate', '*', 'd', `de-x-${'a'.repeat(40)}`])('the tag %j', async (locale) => {
    const literal = await server.query(
      `{ image(by: { publicId: "x" }) { metadata { altText(locale: "${locale}") } } }`,
    );
    expect(literal.errors?.[0]?.message).toContain('Locale accepts a language tag of BCP 47');
    const filtered = await server.query(
      'query($filter: ImageFilter) { images(accountId: "3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb", filter: $filter) { nodes { id } } }',
      { filter: { altTextMissingIn: locale } },
    );
    expect(filtered.errors?.[0]?.message).toContain('Locale accepts a language tag of BCP 47');
  });
});

test('a change of texts is one change of the image and of its metadata, and none if they are so already', async () => {
  const id = await upload({ altTexts: listOf(german) });
  const read = async () =>
    (
      await server.query('query($id: ID!) { image(by: { id: $id }) { version updatedOn metadata { updatedOn } } }', {
        id,
      })
    ).data.image;
  const before = await read();
  const head = await journalHead(server);
  await update(id, { altTexts: listOf({ de: 'Ein Reiher', sv: null }) });
  expect([await read(), await journalHead(server)]).toEqual([before, head]);
  await update(id, { altTexts: listOf({ de: 'Ein Graureiher' }) });
  const after = await read();
  expect(after.metadata.updatedOn > before.metadata.updatedOn).toBe(true);
  expect(after.version).toBe(before.version);
  const { data } = await server.query(
    `query($accountId: UUID!, $after: ChangeCursor) { changes(accountId: $accountId, after: $after, first: 5) { nodes { kind } } }`,
    { accountId, after: encodeChangeCursor(head) },
  );
  expect(data.changes.nodes).toEqual([{ kind: 'UPDATED' }]);
});

test('changes of two languages at the same time are both kept', async () => {
  const id = await upload();
  const locales = ['de', 'fr', 'sv', 'fi', 'da', 'it'];
  const results = await Promise.all(locales.map((locale) => update(id, { altTexts: [{ locale, text: locale }] })));
  expect(results.map(({ __typename }) => __typename)).toEqual(locales.map(() => 'Image'));
  expect(await textsOf(id)).toEqual(Object.fromEntries(locales.map((locale) => [locale, locale])));
});

test('images without a text in exactly a language are found and counted, the default language included', async () => {
  const account = '00000000-0000-4000-8000-000000000001';
  const both = await upload({ altTexts: listOf(german) }, account);
  const none = await upload({}, account);
  const swiss = await upload({ altTexts: listOf({ 'de-CH': 'Ein Reiher' }) }, account);
  const decorative = await upload({ altTexts: listOf({ en: '', de: '' }) }, account);
  const found = async (filter: Record<string, unknown>) => {
    const { data } = await server.query(
      `query($account: UUID!, $filter: ImageFilter) {
        images(accountId: $account, filter: $filter, orderBy: CREATED_ON_ASC) { totalCount nodes { id } }
        imagePage(accountId: $account, filter: $filter) { totalCount } }`,
      { account, filter },
    );
    expect(data.imagePage.totalCount).toBe(data.images.totalCount);
    expect(data.images.nodes).toHaveLength(data.images.totalCount);
    return data.images.nodes.map(({ id }: { id: string }) => id);
  };
  expect(await found({ altTextMissingIn: 'de' })).toEqual([none, swiss]);
  expect(await found({ altTextMissingIn: 'EN' })).toEqual([none, swiss]);
  expect(await found({ altTextMissingIn: 'de-CH' })).toEqual([both, none, decorative]);
  expect(await found({ altTextMissingIn: 'en', altTextMissing: false })).toEqual([]);
  expect(await found({ altTextMissingIn: 'de-CH', altTextMissing: false })).toEqual([both, decorative]);
});

test('the filter costs what a scan costs', async () => {
  const pages = Array.from({ length: 10 }, (_, index) => {
    const filter = `{ altTextMissingIn: "de", altTextContains: "${index}" }`;
    return `p${index}: images(accountId: "${accountId}", first: 1, filter: ${filter}) { nodes { id } }`;
  });
  expect((await server.query(`{ ${pages.join(' ')} }`)).errors?.[0]?.message).toContain('cost');
});

describe('on a server with keys', () => {
  let guarded: TestServer;
  const headers: Record<string, Record<string, string>> = {};
  let id: string;
  beforeAll(async () => {
    guarded = await startTestServer({ AUTH: 'keys', DEFAULT_LOCALE: 'de-ch' });
    const stranger = '00000000-0000-4000-8000-000000000002';
    headers['writer'] = bearer(await makeKey(guarded, { account: accountId, scopes: ['images.read', 'images.write'] }));
    headers['reader'] = bearer(await makeKey(guarded, { account: accountId, scopes: ['images.read'] }));
    headers['stranger'] = bearer(
      await makeKey(guarded, { account: stranger, scopes: ['images.read', 'images.write'] }),
    );
    const { data } = await guarded.upload(
      'mutation($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { id } } } }',
      { input: { accountId, file: null, metadata: { altText: 'Ein Reiher', altTexts: listOf({ en: 'A heron' }) } } },
      { 'input.file': await newPhoto() },
      headers['writer'],
    );
    ({ id } = data.uploadImage.image);
  });
  afterAll(() => guarded.close());

  test('who may not write, or owns another account, changes and reads nothing', async () => {
    const change = async (who: string) => {
      const { data } = await guarded.query(
        'mutation($input: UpdateImageInput!) { updateImage(input: $input) { ... on Error { code } } }',
        { input: { id, metadata: { altTexts: [{ locale: 'fr', text: 'x'.repeat(2_000) }] } } },
        headers[who],
      );
      return data.updateImage.code;
    };
    // whatever the input looks like
    expect([await change('reader'), await change('writer')]).toEqual(['FORBIDDEN', 'INVALID_INPUT']);
    const read = 'query($id: ID!) { image(by: { id: $id }) { metadata { altTexts { text } altText(locale: "en") } } }';
    expect((await guarded.query(read, { id }, headers['stranger'])).data).toEqual({ image: null });
    const { data } = await guarded.query(
      'mutation($input: UpdateImageInput!) { updateImage(input: $input) { ... on Error { code } } }',
      { input: { id, metadata: { altTexts: [{ locale: 'en', text: 'mine' }] } } },
      headers['stranger'],
    );
    expect(data.updateImage.code).toBe('NOT_FOUND');
    expect((await guarded.query(read, { id }, headers['reader'])).data.image.metadata).toEqual({
      altTexts: [{ text: 'Ein Reiher' }, { text: 'A heron' }],
      altText: 'A heron',
    });
  });

  test('the default language is that of the configuration, which needs no key', async () => {
    expect((await guarded.query('{ defaultLocale }')).data).toEqual({ defaultLocale: 'de-CH' });
    const { data } = await guarded.query(
      'query($id: ID!) { image(by: { id: $id }) { metadata { altText(locale: "de-CH-1996") altTexts { locale } } } }',
      { id },
      headers['reader'],
    );
    expect(data.image.metadata).toEqual({ altText: 'Ein Reiher', altTexts: [{ locale: 'de-CH' }, { locale: 'en' }] });
  });
});

describe('what texts cost', () => {
  const account = '00000000-0000-4000-8000-000000000003';
  const page = (fields: string, first: number) =>
    `query Page { images(accountId: "${account}", first: ${first}) { nodes { metadata { ${fields} } } } }`;
  const selects = async (document: string): Promise<number> => {
    server.sql.length = 0;
    expect((await server.query(document)).errors).toBeUndefined();
    return server.sql.filter((statement) => /^\s*SELECT/i.test(statement)).length;
  };
  beforeAll(() => insertImages(server, 120, account));
  beforeEach(async () => {
    // nothing is known of metadata and lists
    await runSql(server.config, 'UPDATE "Image" SET "metadataRevision" = "metadataRevision" + 1');
    await update(await upload(), { altText: 'changed' });
  });

  test('a longer page reads the texts of 50 images at once, so that other requests have their turns', async () => {
    expect(await selects(page('altText(locale: "de")', 120))).toBe(5);
    expect(await selects(page('altText(locale: "fr")', 120))).toBe(0);
  });

  test.each([1, 20, 50])(
    'a page of %i images is one SELECT more with them, and none while they are known',
    async (first) => {
      const document = page(
        'altText altTexts { locale text } a: altText(locale: "de") b: altText(locale: "pt-BR")',
        first,
      );
      expect(await selects(document)).toBe(3);
      expect(await selects(document)).toBe(0);
      expect(await selects(page('altText a: altText(locale: "EN")', first))).toBe(0);
    },
  );

  test('the default text costs none, also by its language', async () => {
    expect(await selects(page('altText english: altText(locale: "en")', 20))).toBe(2);
  });

  test('what is known is dropped by a change, also of another language', async () => {
    const id = await upload({ altTexts: listOf(german) });
    expect(await textsOf(id)).toEqual(german);
    await update(id, { altTexts: listOf({ fr: 'Un héron' }) });
    expect(await textsOf(id)).toEqual({ ...german, fr: 'Un héron' });
  });
});
