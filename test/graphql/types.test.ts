import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test.each([
  ['quality: 0', 'Quality accepts a whole number from 1 to 100.'],
  ['quality: 50.5', 'Quality accepts a whole number from 1 to 100.'],
  ['dpr: 4', 'DevicePixelRatio accepts a number from 1 to 3.'],
  ['blur: 0.1', 'BlurSigma accepts a number from 0.3 to 100.'],
])('the literal %s fails the validation, before anything runs', async (field, message) => {
  const { data, errors } = await server.query(`{ image(by: { publicId: "x" }) { url(transform: { ${field} }) } }`);
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([
    { message: expect.stringContaining(message), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
  ]);
});

const sizes = 'PageSize accepts a whole number from 0 to 200.';
const account = 'accountId: "3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb"';
const tooLargePages = [
  [`images(${account}, first: 201)`, '{ totalCount }'],
  [`images(${account}, first: -100000)`, '{ totalCount }'],
  [`images(${account}, last: 1000)`, '{ totalCount }'],
  [`images(${account}, first: 1.5)`, '{ totalCount }'],
  [`images(${account}, first: "1")`, '{ totalCount }'],
  [`imagePage(${account}, count: 201)`, '{ hasMore }'],
  [`imagePage(${account}, count: -1)`, '{ hasMore }'],
  ['metalImages(first: 201)', '{ totalCount }'],
  ['metalImages(last: -1)', '{ totalCount }'],
] as const;

test.each(tooLargePages)('so does the page %s', async (field, selection) => {
  const { data, errors } = await server.query(`{ ${field} ${selection} }`);
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([
    { message: expect.stringContaining(sizes), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
  ]);
});

test.each(['first', 'last'])('a variable that is too large for %s is refused with the range', async (name) => {
  const { data, errors } = await server.query(
    `query($size: PageSize) { images(${account}, ${name}: $size) { totalCount } }`,
    { size: 201 },
  );
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([{ message: expect.stringContaining(sizes) }]);
});

test('the ends of the range are page sizes', async () => {
  const { data, errors } = await server.query(
    `{ none: images(${account}, first: 0) { nodes { id } } all: images(${account}, last: 200) { nodes { id } } }`,
  );
  expect([data, errors]).toEqual([{ none: { nodes: [] }, all: { nodes: [] } }, undefined]);
});

describe('a malformed id', () => {
  const accepted = [
    ['id', '"nonsense"', 'by.id: Accepts the `id` of an Image as this API returned it.'],
    ['id', '""', 'by.id: Accepts the `id` of an Image as this API returned it.'],
    ['id', `"${Buffer.from('MetalImage:a-1').toString('base64url')}"`, 'by.id: Accepts the `id` of an Image'],
    ['publicId', '"nonsense"', 'by.publicId: Accepts the `publicId` of an image: 21 characters of A-Z, a-z and 0-9.'],
    ['publicId', '""', 'by.publicId: Accepts the `publicId` of an image'],
    ['key', `{ ${account}, key: "nonsense" }`, 'by.key.key: Accepts the key of an image'],
    ['key', `{ ${account}, key: "" }`, 'by.key.key: Accepts the key of an image'],
    ['address', `{ ${account}, type: USER, entityId: "a\\u0000" }`, 'by.address.entityId: Has characters that'],
    ['address', '{ type: USER }', 'by.address.accountId: Is required'],
    ['key', '{ key: "eyJ0eXBlIjoiVVNFUiJ9" }', 'by.key.accountId: Is required'],
  ] as const;

  test.each(accepted)('as %s %s is an error that says what is accepted', async (name, value, message) => {
    const { data, errors } = await server.query(`{ image(by: { ${name}: ${value} }) { id } }`);
    expect(data).toEqual({ image: null });
    expect(errors).toMatchObject([
      { message: expect.stringContaining(message), path: ['image'], extensions: { code: 'INVALID_INPUT' } },
    ]);
  });

  const uuid = 'UUID accepts 32 hexadecimal digits in five groups, such as 3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb.';
  const malformedUuids = ['nonsense', '', '{3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb}', '3a4ed2d903e14b0eb45f2a9ca72f8adb'];

  test.each(malformedUuids)('as the UUID "%s" fails the validation of a literal, and of a variable', async (text) => {
    const literal = await server.query(`{ image(by: { imageId: "${text}" }) { id } }`);
    expect(literal.errors).toMatchObject([
      { message: expect.stringContaining(uuid), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
    const variable = await server.query('query($id: UUID!) { image(by: { imageId: $id }) { id } }', { id: text });
    expect(variable.errors).toMatchObject([{ message: expect.stringContaining(uuid) }]);
  });

  test('of a metal image is an error too, and in `node` and `nodes` it is null', async () => {
    const metal = await server.query('{ metalImage(by: { id: "nonsense" }) { id } }');
    expect(metal).toMatchObject({
      data: { metalImage: null },
      errors: [{ message: 'by.id: Accepts the `id` of a MetalImage as this API returned it.' }],
    });
    const nodes = await server.query('{ node(id: "nonsense") { id } nodes(ids: ["nonsense", ""]) { id } }');
    expect(nodes).toMatchObject({ data: { node: null, nodes: [null, null] } });
    expect(nodes.errors).toBeUndefined();
  });
});

test('a UUID is returned in lower case whatever case it was sent in', async () => {
  const image = await uploadImage(server, await photoJpeg({ width: 31, height: 22 }));
  const { data: found } = await server.query('query($id: ID!) { image(by: { id: $id }) { imageId } }', {
    id: image.id,
  });
  const { imageId } = found.image;
  const { data } = await server.query('query($id: UUID!) { image(by: { imageId: $id }) { imageId } }', {
    id: imageId.toUpperCase(),
  });
  expect(data).toEqual({ image: { imageId } });
});

test('metadata has an id of its own, which node resolves', async () => {
  const image = await uploadImage(server, await photoJpeg({ width: 33, height: 21 }), { altText: 'a fox' });
  const { data } = await server.query(
    'query($id: ID!) { image(by: { id: $id }) { id format metadata { id } variant(transform: { format: WEBP }) { format } } }',
    { id: image.id },
  );
  const { id, format, metadata, variant } = data.image;
  expect([format, variant.format]).toEqual(['JPEG', 'WEBP']);
  expect(metadata.id).not.toBe(id);
  const nodes = await server.query(
    'query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on ImageMetadata { altText } } }',
    { ids: [metadata.id, id, Buffer.from('ImageMetadata:none').toString('base64url')] },
  );
  expect(nodes.data.nodes).toEqual([
    { __typename: 'ImageMetadata', id: metadata.id, altText: 'a fox' },
    { __typename: 'Image', id },
    null,
  ]);
});
