import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultLimits } from '../../src/domain/limits.js';
import { deleteImage, uploadImage } from '../support/image-operations.js';
import { journalHead } from '../support/journal-head.js';
import { bearer, makeKey } from '../support/keys.js';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const document = `mutation($input: UpdateImagesInput!) { updateImages(input: $input) { __typename
  ... on UpdateImagePayload { image { id fileName version disabledOn metadata { altText } } }
  ... on InvalidInputError { issues { path message } } ... on Error { code } } }`;

const update = (images: Record<string, unknown>[], headers?: Record<string, string>, on = server) =>
  on.query(document, { input: { images } }, headers);

const stateOf = async (id: string) =>
  (
    await server.query(
      'query($id: ID!) { image(by: { id: $id }) { id fileName version disabledOn metadata { altText } } }',
      { id },
    )
  ).data.image;

test('each image has a result in its place, and one that cannot be changed does not stop the others', async () => {
  const [first, second, gone] = await Promise.all(
    [1, 2, 3].map(async () => uploadImage(server, await newPhoto(), { altText: 'before' })),
  );
  if (!first || !second || !gone) throw new Error('An upload failed.');
  await deleteImage(server, gone.id);
  const { data, errors } = await update([
    { id: first.id, disabled: true, fileName: 'first.jpg', metadata: { altText: 'after' } },
    { id: gone.id, disabled: true },
    { id: 'nonsense', disabled: true },
    { id: second.id, metadata: { altText: 'x'.repeat(1_001) }, disabled: true },
    { id: second.id, metadata: null },
    { id: first.id, disabled: false },
  ]);
  expect(errors).toBeUndefined();
  expect(data.updateImages).toMatchObject([
    { image: { id: first.id, fileName: 'first.jpg', disabledOn: expect.any(String), metadata: { altText: 'after' } } },
    { __typename: 'NotFoundError', code: 'NOT_FOUND' },
    { __typename: 'InvalidInputError', issues: [{ path: ['id'] }] },
    { __typename: 'InvalidInputError', issues: [{ path: ['metadata', 'altText'] }] },
    { image: { id: second.id, disabledOn: null, metadata: { altText: null } } },
    { image: { id: first.id, disabledOn: null, metadata: { altText: 'after' } } },
  ]);
  expect(await stateOf(first.id)).toEqual(data.updateImages[5].image);
  expect(await stateOf(second.id)).toEqual(data.updateImages[4].image);
});

test('an image that already is as wanted is not changed', async () => {
  const image = await uploadImage(server, await newPhoto(), { altText: 'same' });
  const before = await journalHead(server);
  const { data } = await update([{ id: image.id, disabled: false, metadata: { altText: 'same' } }, { id: image.id }]);
  expect(data.updateImages).toMatchObject([{ image: { id: image.id } }, { image: { id: image.id } }]);
  expect(await journalHead(server)).toEqual(before);
});

test('each image costs a write, and a document with too many is refused before anything is written', async () => {
  const image = await uploadImage(server, await newPhoto(), { altText: 'untouched' });
  const times = Math.ceil(defaultLimits.queryCost / 100);
  const { status, errors } = await update(
    Array.from({ length: times }, () => ({ id: image.id, metadata: { altText: 'written' } })),
  );
  expect([status, errors]).toMatchObject([
    400,
    [{ message: expect.stringContaining('"updateImages"'), extensions: { code: 'LIMIT_EXCEEDED' } }],
  ]);
  expect((await stateOf(image.id)).metadata.altText).toBe('untouched');
});

test("another account's image is not found, and a key that may not write gets one refusal", async () => {
  const guarded = await startTestServer({ AUTH: 'keys' });
  try {
    const scopes = ['images.read', 'images.write'] as const;
    const owner = bearer(await makeKey(guarded, { account: accountId, scopes }));
    const stranger = bearer(await makeKey(guarded, { account: randomUUID() as never, scopes }));
    const reader = bearer(await makeKey(guarded, { account: accountId, scopes: ['images.read'] }));
    const { data } = await guarded.upload(
      'mutation($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { id } } } }',
      { input: { file: null } },
      { 'input.file': await newPhoto() },
      owner,
    );
    const items = [1, 2, 3].map(() => ({ id: data.uploadImage.image.id, disabled: true }));
    const refused = await update(items, reader, guarded);
    expect(refused.data.updateImages).toEqual([{ __typename: 'ForbiddenError', code: 'FORBIDDEN' }]);
    const unknown = await update(items, stranger, guarded);
    expect(unknown.data.updateImages).toEqual(items.map(() => ({ __typename: 'NotFoundError', code: 'NOT_FOUND' })));
    const own = await update(items, owner, guarded);
    expect(own.data.updateImages).toMatchObject(items.map(() => ({ image: { disabledOn: expect.any(String) } })));
  } finally {
    await guarded.close();
  }
});
