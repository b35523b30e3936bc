import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openEventStream } from '../support/event-stream.js';
import { changeImage, uploadAddressedImage, uploadImage } from '../support/image-operations.js';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const focus = { x: 0.25, y: 0.5 };
/** Uploaded with metadata, and disabled. */
const disabledImage = async (account = accountId) => {
  const bytes = await newPhoto();
  const { id } = await uploadImage(server, bytes, { altText: 'first', focalPoint: focus }, account);
  const image = await changeImage(server, 'disableImage', 'ImageIdInput', { id });
  expect(image.disabledOn).not.toBeNull();
  return { bytes, image };
};

describe('an upload of the bytes of a disabled image puts that image back into use', () => {
  test('with its ids, its version and its metadata, if none is given', async () => {
    const { bytes, image } = await disabledImage();
    const again = await uploadImage(server, bytes);
    expect(again).toEqual({ ...image, disabledOn: null, updatedOn: again.updatedOn });
    expect(await uploadImage(server, bytes)).toMatchObject({
      __typename: 'DuplicateImageError',
      existing: { id: image.id },
    });
  });

  test('with the given metadata, of which absent fields stay', async () => {
    const { bytes, image } = await disabledImage();
    const again = await uploadImage(server, bytes, { altText: 'second' });
    expect(again).toMatchObject({ id: image.id, version: image.version, disabledOn: null });
    expect(again.metadata).toMatchObject({ altText: 'second', focalPoint: focus });
    await changeImage(server, 'disableImage', 'ImageIdInput', { id: image.id });
    const moved = await uploadImage(server, bytes, { focalPoint: null });
    expect(moved).toMatchObject({ version: image.version + 1, metadata: { altText: 'second', focalPoint: null } });
  });

  test('and that is reported as what happened, once', async () => {
    const account = randomUUID();
    const { bytes } = await disabledImage(account);
    const watching = `subscription { imageChanged(accountId: "${account}") { kind changedId } }`;
    const stream = await openEventStream(server, watching, {});
    onTestFinished(() => stream.close());
    await expect.poll(() => server.app.changes.size).toBeGreaterThan(0);
    const { id } = await uploadImage(server, bytes, undefined, account);
    await changeImage(server, 'disableImage', 'ImageIdInput', { id });
    await uploadImage(server, bytes, { altText: 'second' }, account);
    const kinds = [];
    for (let count = 0; count < 4; count += 1) kinds.push((await stream.next())?.data.imageChanged.kind);
    expect(kinds).toEqual(['ENABLED', 'DISABLED', 'UPDATED', 'ENABLED']);
  });

  test('of several at once one does, the others are duplicates', async () => {
    const { bytes, image } = await disabledImage();
    const results = await Promise.all([1, 2, 3].map(() => uploadImage(server, bytes)));
    const kinds = results.map(({ __typename }) => __typename).sort();
    expect(kinds).toEqual(['DuplicateImageError', 'DuplicateImageError', 'Image']);
    expect(results.find(({ __typename }) => __typename === 'Image').id).toBe(image.id);
  });

  test('also in an account that has as many images as it may have', async () => {
    const full = await startTestServer({ MAX_IMAGES_PER_ACCOUNT: '1' });
    const bytes = await newPhoto();
    const { id } = await uploadImage(full, bytes);
    await changeImage(full, 'disableImage', 'ImageIdInput', { id });
    expect(await uploadImage(full, bytes)).toMatchObject({ __typename: 'Image', id, disabledOn: null });
    expect(await uploadImage(full, await newPhoto())).toMatchObject({ __typename: 'ImageLimitReachedError' });
    await full.close();
  });

  test('but none of another account', async () => {
    const { bytes, image } = await disabledImage();
    const other = await uploadImage(server, bytes, undefined, randomUUID());
    expect(other.id).not.toBe(image.id);
    const { data } = await server.query('query($id: ID!) { image(by: { id: $id }) { disabledOn } }', { id: image.id });
    expect(data.image.disabledOn).not.toBeNull();
  });

  test('and of an image with an address, an upload to the address', async () => {
    const address = { type: 'UGC', entityId: randomUUID() };
    const bytes = await newPhoto();
    const { id } = await uploadAddressedImage(server, address, bytes);
    for (const upload of [bytes, await newPhoto()]) {
      await changeImage(server, 'disableImage', 'ImageIdInput', { id });
      expect(await uploadAddressedImage(server, address, upload)).toMatchObject({ id, disabledOn: null });
    }
  });
});

test('bytes at an address and without one are two images, neither a duplicate of the other', async () => {
  const bytes = await newPhoto();
  const addressed = await uploadAddressedImage(server, { type: 'UGC', entityId: randomUUID() }, bytes);
  const plain = await uploadImage(server, bytes);
  expect(plain).toMatchObject({ __typename: 'Image', sha256: addressed.sha256 });
  expect(plain.id).not.toBe(addressed.id);
  expect(await uploadImage(server, bytes)).toMatchObject({ existing: { id: plain.id } });
});
