import { createHash, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeImage, deleteImage, errorFields, imageFields, uploadImage } from '../support/image-operations.js';
import {
  alphaPng,
  newPhoto,
  photoJpeg,
  photoPng,
  photoWebp,
  truncated,
  unsupportedFiles,
} from '../support/sample-images.js';
import { storedHashes } from '../support/server-stores.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const newImage = async (altText?: string) => uploadImage(server, await newPhoto(), altText ? { altText } : undefined);

const find = async (by: Record<string, unknown>) =>
  (await server.query(`query($by: ImageBy!) { image(by: $by) { ...Everything } } ${imageFields}`, { by })).data.image;

describe('uploadImage', () => {
  test('returns the image with everything known from its bytes, and the query finds the same', async () => {
    const bytes = await alphaPng({ width: 60, height: 40 });
    const image = await uploadImage(server, bytes, { altText: 'A half', focalPoint: { x: 0.25, y: 0.75 } });
    expect(image).toMatchObject({
      __typename: 'Image',
      accountId,
      version: 1,
      mimeType: 'image/png',
      width: 60,
      height: 40,
      byteSize: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      hasAlpha: true,
      frameCount: 1,
      metadata: { altText: 'A half', focalPoint: { x: 0.25, y: 0.75 } },
      disabledOn: null,
    });
    expect(image.publicId).toMatch(/^[A-Za-z0-9]{21}$/);
    expect(image.placeholder.dominantColor).toMatch(/^#[0-9a-f]{6}$/);
    expect(image.placeholder.dataUri).toMatch(/^data:image\/webp;base64,/);
    expect(image.placeholder.dataUri.length).toBeLessThan(400);
    const { __typename, ...facts } = image;
    for (const by of [{ id: image.id }, { imageId: image.imageId }, { publicId: image.publicId }]) {
      expect(await find(by)).toEqual(facts);
    }
  });

  test.each([
    ['jpeg', photoJpeg],
    ['png', photoPng],
    ['webp', photoWebp],
  ])('accepts %s, and recognizes it by its bytes alone', async (format, photo) => {
    const image = await uploadImage(server, await photo({ width: 33, height: 44 }));
    expect(image).toMatchObject({ mimeType: `image/${format}`, width: 33, height: 44 });
  });

  test('refuses the same bytes twice in an account, and names the image that has them', async () => {
    const bytes = await newPhoto();
    const first = await uploadImage(server, bytes);
    expect(await uploadImage(server, bytes)).toMatchObject({
      __typename: 'DuplicateImageError',
      code: 'DUPLICATE_IMAGE',
      existing: { id: first.id, disabledOn: null },
    });
    expect(await uploadImage(server, bytes, undefined, randomUUID())).toMatchObject({ __typename: 'Image' });
  });

  test.each(Object.entries(unsupportedFiles))(
    'refuses a %s and names the format that it looks like',
    async (detected, bytes) => {
      const failure = await uploadImage(server, bytes);
      expect(failure).toMatchObject({ __typename: 'UnsupportedImageError', code: 'UNSUPPORTED_IMAGE', detected });
      expect(failure.message).toContain('JPEG, PNG, WebP, AVIF and GIF are accepted');
    },
  );

  test('refuses a text file called .png and a file without bytes', async () => {
    for (const bytes of [Buffer.from('not an image at all'), Buffer.alloc(0)]) {
      expect(await uploadImage(server, bytes)).toMatchObject({ __typename: 'UnsupportedImageError', detected: null });
    }
  });

  test('refuses a file that was cut off', async () => {
    expect(await uploadImage(server, truncated(await photoJpeg({ width: 200, height: 200 }), 0.7))).toMatchObject({
      __typename: 'CorruptImageError',
      code: 'CORRUPT_IMAGE',
    });
  });

  test('refuses 17 MB with the limit in the error', async () => {
    expect(await uploadImage(server, Buffer.alloc(17_000_000))).toMatchObject({
      __typename: 'ImageTooLargeError',
      limitBytes: 16_777_216,
    });
  });

  test('refuses an alternative text that is too long, with the path to it', async () => {
    expect(await uploadImage(server, await newPhoto(), { altText: 'x'.repeat(1001) })).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['metadata', 'altText'], message: expect.stringContaining('1000') }],
    });
    expect(await uploadImage(server, await newPhoto(), { altText: '🦊'.repeat(1000) })).toMatchObject({
      metadata: { altText: '🦊'.repeat(1000) },
    });
  });

  test('leaves no temporary file, whatever came of it', async () => {
    expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
  });
});

describe('uploadImages', () => {
  const document = `mutation($input: UploadImagesInput!) {
    uploadImages(input: $input) { __typename ... on UploadImagePayload { image { id metadata { altText } } } ...Failure } } ${errorFields}`;

  test('answers one result for each file, in their order, with the failures among them', async () => {
    const photo = await newPhoto();
    const { data } = await server.upload(
      document,
      { input: { accountId, images: [{ file: null, metadata: { altText: 'one' } }, { file: null }, { file: null }] } },
      {
        'input.images.0.file': photo,
        'input.images.1.file': Buffer.from('text'),
        'input.images.2.file': photo,
      },
    );
    expect(data.uploadImages).toMatchObject([
      { __typename: 'UploadImagePayload', image: { metadata: { altText: 'one' } } },
      { __typename: 'UnsupportedImageError' },
      { __typename: 'DuplicateImageError', existing: { id: data.uploadImages[0].image.id } },
    ]);
  });
});

describe('updateImage', () => {
  const update = (input: Record<string, unknown>, file?: Uint8Array) =>
    changeImage(server, 'updateImage', 'UpdateImageInput', input, file);

  test('without image and metadata changes nothing', async () => {
    const image = await newImage('kept');
    expect(await update({ id: image.id })).toEqual(image);
  });

  test('keeps what is absent, clears what is null', async () => {
    const image = await uploadImage(server, await newPhoto(), { altText: 'a', focalPoint: { x: 0, y: 1 } });
    const renamed = await update({ id: image.id, metadata: { altText: 'b' } });
    expect(renamed.metadata).toMatchObject({ altText: 'b', focalPoint: { x: 0, y: 1 } });
    expect(renamed.version).toBe(image.version);
    const cleared = await update({ id: image.id, metadata: null });
    expect(cleared.metadata).toMatchObject({ altText: null, focalPoint: null });
    // the focal point is part of the image that the URL serves
    expect(cleared.version).toBe(image.version + 1);
  });

  test('with an image replaces the bytes and keeps ids, link and metadata', async () => {
    const image = await newImage('kept');
    const bytes = await photoWebp({ width: 55, height: 66 });
    const updated = await update({ id: image.id }, bytes);
    expect(updated).toMatchObject({
      id: image.id,
      publicId: image.publicId,
      link: image.link,
      version: 2,
      mimeType: 'image/webp',
      width: 55,
      metadata: { altText: 'kept' },
    });
    expect(updated.url).not.toBe(image.url);
  });

  test('refuses bytes that another image of the account has', async () => {
    const taken = await newPhoto();
    const other = await uploadImage(server, taken);
    const image = await newImage();
    expect(await update({ id: image.id }, taken)).toMatchObject({
      __typename: 'DuplicateImageError',
      existing: { id: other.id },
    });
    expect(await find({ id: image.id })).toMatchObject({ sha256: image.sha256, version: 1 });
  });
});

describe('replaceImage', () => {
  const replace = (input: Record<string, unknown>, file: Uint8Array) =>
    changeImage(server, 'replaceImage', 'ReplaceImageInput', input, file);

  test('with the bytes that it already has succeeds without a new version', async () => {
    const bytes = await newPhoto();
    const image = await uploadImage(server, bytes, { altText: 'same' });
    expect(await replace({ id: image.id }, bytes)).toEqual(image);
  });

  test('keeps absent metadata, and replaces it as a whole where it is given', async () => {
    const image = await uploadImage(server, await newPhoto(), { altText: 'a', focalPoint: { x: 1, y: 1 } });
    expect((await replace({ id: image.id }, await newPhoto())).metadata).toMatchObject({ altText: 'a' });
    const replaced = await replace({ id: image.id, metadata: { altText: 'b' } }, await newPhoto());
    expect(replaced.metadata).toMatchObject({ altText: 'b', focalPoint: null });
    // one more for each new file; the focal point changes together with the second
    expect(replaced.version).toBe(3);
  });
});

test('updateImageMetadata replaces the metadata as a whole', async () => {
  const image = await uploadImage(server, await newPhoto(), { altText: 'a', focalPoint: { x: 1, y: 1 } });
  const input = { id: image.id, metadata: { focalPoint: { x: 0.5, y: 0 } } };
  const updated = await changeImage(server, 'updateImageMetadata', 'UpdateImageMetadataInput', input);
  expect(updated.metadata).toMatchObject({ altText: null, focalPoint: { x: 0.5, y: 0 } });
  const wrong = { id: image.id, metadata: { focalPoint: { x: 2, y: 0 } } };
  expect(await changeImage(server, 'updateImageMetadata', 'UpdateImageMetadataInput', wrong)).toMatchObject({
    __typename: 'InvalidInputError',
    issues: [{ path: ['metadata', 'focalPoint'] }],
  });
});

describe('disableImage and enableImage', () => {
  const disable = (id: string) => changeImage(server, 'disableImage', 'ImageIdInput', { id });
  const enable = (id: string) => changeImage(server, 'enableImage', 'ImageIdInput', { id });

  test('a disabled image stays public, and its date stays when it is disabled again', async () => {
    const image = await newImage();
    const disabled = await disable(image.id);
    expect(disabled.disabledOn).toMatch(/Z$/);
    expect((await disable(image.id)).disabledOn).toBe(disabled.disabledOn);
    expect((await fetch(image.link)).status).toBe(200);
    expect((await enable(image.id)).disabledOn).toBeNull();
  });
});

describe('deleteImage', () => {
  test('deletes the image: every look-up is null, the public URL is 404, and its bytes wait for the sweep', async () => {
    const image = await newImage();
    expect(await storedHashes(server.config)).toContain(image.sha256);
    expect(await deleteImage(server, image.id)).toEqual({
      __typename: 'DeleteImagePayload',
      deletedId: image.id,
      imageId: image.imageId,
      publicId: image.publicId,
    });
    for (const by of [{ id: image.id }, { imageId: image.imageId }, { publicId: image.publicId }]) {
      expect(await find(by)).toBeNull();
    }
    expect((await fetch(image.link)).status).toBe(404);
    expect(await storedHashes(server.config), 'kept for the grace period').toContain(image.sha256);
  });

  test('keeps bytes that another account has too', async () => {
    const bytes = await newPhoto();
    const mine = await uploadImage(server, bytes);
    const theirs = await uploadImage(server, bytes, undefined, randomUUID());
    await deleteImage(server, mine.id);
    expect((await fetch(theirs.link)).status).toBe(200);
  });

  test('lets the same bytes be uploaded again', async () => {
    const bytes = await newPhoto();
    const first = await uploadImage(server, bytes);
    await deleteImage(server, first.id);
    expect(await uploadImage(server, bytes)).toMatchObject({ __typename: 'Image' });
  });
});

describe('an id that is unknown or none', () => {
  const unknown = Buffer.from(`Image:${randomUUID()}`).toString('base64url');
  const cases = [
    ['updateImage', 'UpdateImageInput', {}],
    ['updateImageMetadata', 'UpdateImageMetadataInput', { metadata: {} }],
    ['disableImage', 'ImageIdInput', {}],
    ['enableImage', 'ImageIdInput', {}],
  ] as const;

  test.each(cases)('is a NotFoundError or an InvalidInputError of %s', async (name, type, input) => {
    expect(await changeImage(server, name, type, { id: unknown, ...input })).toMatchObject({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
    });
    expect(await changeImage(server, name, type, { id: 'nonsense', ...input })).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['id'] }],
    });
  });

  test('is a NotFoundError of replaceImage and deleteImage', async () => {
    const file = await newPhoto();
    expect(await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id: unknown }, file)).toMatchObject({
      __typename: 'NotFoundError',
    });
    expect(await deleteImage(server, unknown)).toMatchObject({ __typename: 'NotFoundError' });
  });

  test('is null for node and nodes, which keep the order of the ids', async () => {
    const image = await newImage();
    const { data } = await server.query(
      'query($unknown: ID!, $known: ID!) { node(id: $unknown) { id } nodes(ids: [$unknown, $known, $unknown]) { __typename id } }',
      { unknown, known: image.id },
    );
    expect(data).toEqual({ node: null, nodes: [null, { __typename: 'Image', id: image.id }, null] });
  });

  test.each([
    '',
    '???',
    'Image',
    Buffer.from('Image:').toString('base64url'),
    Buffer.from('Query:1').toString('base64url'),
    '\ud800',
  ])('that is no id of this API, as %j, is null in its place and fails no other', async (malformed) => {
    const image = await newImage();
    const response = await server.query(
      'query($one: ID!, $ids: [ID!]!) { node(id: $one) { id } nodes(ids: $ids) { id } }',
      {
        one: malformed,
        ids: [malformed, image.id, malformed],
      },
    );
    expect(response).toMatchObject({ status: 200, data: { node: null, nodes: [null, { id: image.id }, null] } });
    expect(response.errors).toBeUndefined();
  });
});
