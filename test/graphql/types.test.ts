import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/pictures.js';
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
