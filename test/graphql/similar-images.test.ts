import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultLimits } from '../../src/domain/limits.js';
import { photograph } from '../fixtures/photographs.js';
import { deleteImage, uploadImage } from '../support/image-operations.js';
import { bearer, makeKey } from '../support/keys.js';
import { plainPng } from '../support/sample-images.js';
import { runSql } from '../support/server-stores.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

const otherAccount = 'ffffffff-0000-4000-8000-000000000000';
const keys: Record<string, Record<string, string>> = {};
let server: TestServer;
let seed = 0;
beforeAll(async () => {
  server = await startTestServer({ AUTH: 'keys' });
  const key = async (account: string, scopes: readonly ('images.read' | 'images.write')[]) =>
    bearer(await makeKey(server, { account, scopes }));
  keys['owner'] = await key(accountId, ['images.read', 'images.write']);
  keys['writer'] = await key(accountId, ['images.write']);
  keys['stranger'] = await key(otherAccount, ['images.read', 'images.write']);
});
afterAll(() => server.close());

/** A client with a key. */
const as = (name: 'owner' | 'writer' | 'stranger') => ({
  query: (document: string, variables?: Record<string, unknown>) => server.query(document, variables, keys[name]),
  upload: (document: string, variables: Record<string, unknown>, files: Record<string, Uint8Array>) =>
    server.upload(document, variables, files, keys[name]),
});

/** A photograph that no other test uses, and copies of it. */
const newPhotograph = async () => {
  seed += 1;
  const source = photograph(10_000 + seed);
  return {
    original: await source.clone().png().toBuffer(),
    small: await source.clone().resize({ width: 120 }).jpeg({ quality: 70 }).toBuffer(),
    converted: await source.clone().webp({ quality: 60 }).toBuffer(),
    cropped: await source.clone().extract({ left: 24, top: 18, width: 192, height: 144 }).jpeg().toBuffer(),
  };
};

const upload = (bytes: Uint8Array, account = accountId) =>
  uploadImage(as(account === accountId ? 'owner' : 'stranger'), bytes, undefined, account);

const document = `query($id: ID!, $maxDistance: Int, $first: PageSize) { node(id: $id) { ... on Image {
  perceptualHash similar(maxDistance: $maxDistance, first: $first) { distance image { id } } } } }`;
const similarTo = async (id: string, args: Record<string, unknown> = {}) => {
  const { data, errors } = await as('owner').query(document, { id, ...args });
  return { similar: data?.node?.similar, hash: data?.node?.perceptualHash, errors };
};
const ids = (similar: { image: { id: string } }[]) => similar.map(({ image }) => image.id);

test('rescaled, recompressed, converted and cropped copies are found by each other, and other photographs are not', async () => {
  const files = await newPhotograph();
  const copies: { id: string }[] = [];
  for (const bytes of Object.values(files)) copies.push(await upload(bytes));
  await upload((await newPhotograph()).original);
  for (const { id } of copies) {
    const { similar, hash } = await similarTo(id);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(ids(similar).toSorted()).toEqual(
      copies
        .filter((copy) => copy.id !== id)
        .map((copy) => copy.id)
        .toSorted(),
    );
    const distances = similar.map(({ distance }: { distance: number }) => distance);
    expect(distances).toEqual(distances.toSorted((a: number, b: number) => a - b));
  }
  const [first] = copies;
  expect((await similarTo(first?.id ?? '', { first: 1 })).similar).toHaveLength(1);
  expect((await similarTo(first?.id ?? '', { first: 0 })).similar).toEqual([]);
});

test('images of other accounts are never found, whoever searches, and deleted or replaced ones no longer', async () => {
  const { original, small, converted } = await newPhotograph();
  const image = await upload(original);
  const foreign = await upload(small, otherAccount);
  expect((await similarTo(image.id)).similar).toEqual([]);
  expect((await as('stranger').query(document, { id: foreign.id })).data.node.similar).toEqual([]);
  expect((await as('stranger').query(document, { id: image.id })).data.node).toBeNull();

  const copy = await upload(converted);
  expect(ids((await similarTo(image.id)).similar)).toEqual([copy.id]);
  const replace = `mutation($input: ReplaceImageInput!) { replaceImage(input: $input) { __typename } }`;
  const other = (await newPhotograph()).original;
  await as('owner').upload(replace, { input: { id: copy.id, file: null } }, { 'input.file': other });
  expect((await similarTo(image.id)).similar).toEqual([]);
  const back = await upload(converted);
  expect(ids((await similarTo(image.id)).similar)).toEqual([back.id]);
  await deleteImage(as('owner'), back.id);
  expect((await similarTo(image.id)).similar).toEqual([]);
});

test('an image without detail has no hash, and is similar to nothing', async () => {
  const flat = await upload(await plainPng({ width: 40, height: 30 }, [9, 9, 9]));
  await upload(await plainPng({ width: 80, height: 60 }, [9, 9, 9]));
  expect(await similarTo(flat.id)).toEqual({ similar: null, hash: null, errors: undefined });
});

test('arguments out of range are refused in words that say what is accepted, and a key without images.read gets nothing', async () => {
  const { id } = await upload((await newPhotograph()).original);
  const { similarMaxDistance, similarMax } = defaultLimits;
  for (const [args, message] of [
    [{ maxDistance: -1 }, `Accepts a whole number from 0 to ${similarMaxDistance}.`],
    [{ maxDistance: similarMaxDistance + 1 }, `Accepts a whole number from 0 to ${similarMaxDistance}.`],
    [{ first: similarMax + 1 }, `Accepts a whole number from 0 to ${similarMax}.`],
    [{ first: 1_000 }, 'PageSize accepts a whole number from 0 to 200.'],
  ] as const) {
    const { similar, errors } = await similarTo(id, args);
    expect(similar ?? null).toBeNull();
    expect(errors?.[0]?.message).toContain(message);
  }
  const { errors } = await as('writer').query(document, { id });
  expect(errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
});

test('a page whose images search for similar ones each costs what the searches cost, and too many are refused', async () => {
  const page = (first: number) =>
    as('owner').query(`{ images(accountId: "${accountId}", first: ${first}) { nodes { similar { distance } } } }`);
  expect((await page(20)).errors).toBeUndefined();
  expect((await page(200)).errors?.[0]?.message).toMatch(/images.nodes.similar/);
});

const uploadDocument = `mutation($input: UploadImageInput!) { uploadImage(input: $input) {
  ... on UploadImagePayload { image { id } warnings { __typename message ... on NearDuplicateWarning { similar { distance image { id } } } } }
  ... on Error { code } } }`;

test('an upload that asks for it is warned of near duplicates, and succeeds; one that does not ask looks nothing up', async () => {
  const { original, small, converted, cropped } = await newPhotograph();
  const send = async (bytes: Uint8Array, asks: boolean | null | undefined, key: 'owner' | 'writer' = 'owner') => {
    const input = { accountId, file: null, ...(asks === undefined ? {} : { warnOfNearDuplicates: asks }) };
    server.sql.length = 0;
    const { data } = await as(key).upload(uploadDocument, { input }, { 'input.file': bytes });
    return data.uploadImage;
  };
  const first = await send(original, true);
  expect(first.warnings).toEqual([]);
  const second = await send(small, true, 'writer');
  expect(second.warnings).toEqual([
    {
      __typename: 'NearDuplicateWarning',
      message: 'The account already has an image that looks like this one.',
      similar: [{ distance: expect.any(Number), image: { id: first.image.id } }],
    },
  ]);
  for (const asks of [false, null, undefined]) {
    const silent = await send(converted, asks);
    expect(silent.warnings).toEqual([]);
    expect(server.sql.filter((sql) => sql.includes('"candidate"'))).toEqual([]);
    await deleteImage(as('owner'), silent.image.id);
  }
  expect(await send(small, true)).toEqual({ code: 'DUPLICATE_IMAGE' });

  const many = `mutation($input: UploadImagesInput!) { uploadImages(input: $input) {
    ... on UploadImagePayload { warnings { message } } ... on Error { code } } }`;
  const images = [
    { file: null, warnOfNearDuplicates: true },
    { file: null, warnOfNearDuplicates: false },
  ];
  const { data } = await as('owner').upload(
    many,
    { input: { accountId, images } },
    { 'input.images.0.file': cropped, 'input.images.1.file': converted },
  );
  expect(data.uploadImages).toEqual([
    { warnings: [{ message: 'The account already has 2 images that look like this one.' }] },
    { warnings: [] },
  ]);
});

test('the warnings of an upload are searched for once, however often they are selected', async () => {
  const { original, small } = await newPhotograph();
  await upload(original);
  const aliased = Array.from({ length: 30 }, (_, index) => `a${index}: warnings { message }`).join(' ');
  const input = { accountId, file: null, warnOfNearDuplicates: true };
  server.sql.length = 0;
  const { data } = await as('owner').upload(
    `mutation($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { ${aliased} } } }`,
    { input },
    { 'input.file': small },
  );
  expect(Object.values(data.uploadImage)).toEqual(
    Array(30).fill([{ message: 'The account already has an image that looks like this one.' }]),
  );
  expect(server.sql.filter((sql) => sql.includes('"candidate"'))).toHaveLength(1);
});

test('tens of thousands of images that look the same are bounded work: the nearest of some are returned', async () => {
  const { original, converted } = await newPhotograph();
  const image = await upload(original);
  const copy = await upload(converted);
  const rows = await runSql(
    server.config,
    `SELECT count(*) AS "count" FROM "ImageHash" WHERE "imageId" = '${copy.imageId}'`,
  );
  expect(Number(rows[0]?.['count'])).toBe(6);
  const digits = (place: number) =>
    `(SELECT ${Array.from({ length: 10 }, (_, digit) => `${digit} AS d${place}`).join(' UNION ALL SELECT ')}) AS "p${place}"`;
  const numbers = [1, 2, 3, 4].map(digits).join(', ');
  await runSql(
    server.config,
    `INSERT INTO "ImageHash" ("bucket", "hash", "imageId")
     SELECT "bucket", "hash", 'flood ' || d1 || d2 || d3 || d4 FROM "ImageHash", ${numbers} WHERE "imageId" = '${copy.imageId}'`,
  );
  const { similar, errors } = await similarTo(image.id);
  expect(errors).toBeUndefined();
  // rows of images that do not exist name nothing
  for (const id of ids(similar)) expect(id).toBe(copy.id);
  await runSql(server.config, `DELETE FROM "ImageHash" WHERE "imageId" LIKE 'flood %'`);
  expect(ids((await similarTo(image.id)).similar)).toEqual([copy.id]);
});
