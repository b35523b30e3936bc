import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adoptedAltText } from '../../src/domain/images/metadata.js';
import { sharp } from '../../src/pipeline/sharp.js';
import { avifFile, codedItem, exifItem, xmpItem } from '../fixtures/avif-file.js';
import {
  exifBlock,
  iimDataSet,
  imageResources,
  jpegWith,
  pngWith,
  textChunk,
  webpWith,
  xmpPacket,
} from '../fixtures/embedded-texts.js';
import { gifExtension, gifWith, gifXmp } from '../fixtures/gif-file.js';
import { bearer, makeKey } from '../support/keys.js';
import { newPhoto, photoPng, photoWebp } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

const altText = 'A red boat, secret words';
const description = 'Seen from above, secret words';
const texts = { altText, description, creator: 'Ann, secret words', copyright: null };
const xmp = xmpPacket({
  altText: { 'x-default': altText },
  extendedDescription: { en: description },
  creators: [texts.creator],
});

let server: TestServer;
let headers: Record<'owner' | 'writer' | 'stranger', Record<string, string>>;
beforeAll(async () => {
  server = await startTestServer({ AUTH: 'keys' });
  const keyOf = async (account: string, ...scopes: ('images.read' | 'images.write')[]) =>
    bearer(await makeKey(server, { account, scopes }));
  headers = {
    owner: await keyOf(accountId, 'images.read', 'images.write'),
    writer: await keyOf(accountId, 'images.write'),
    stranger: await keyOf(randomUUID(), 'images.read', 'images.write'),
  };
});
afterAll(() => server.close());

const imageFields =
  'image { id imageId link url metadata { altText } embedded { altText description creator copyright } }';
const upper = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Runs a mutation of one file and returns its image, or the error. */
const send = async (mutation: string, input: Record<string, unknown>, file: Uint8Array) => {
  const { data, errors } = await server.upload(
    `mutation($input: ${upper(mutation)}Input!) { ${mutation}(input: $input) {
      ... on ${upper(mutation)}Payload { ${imageFields} } ... on Error { code message } } }`,
    { input: { ...input, file: null } },
    { 'input.file': file },
    headers.owner,
  );
  expect(errors).toBeUndefined();
  return data[mutation].image ?? data[mutation];
};

const upload = (file: Uint8Array, input: Record<string, unknown> = {}) =>
  send('uploadImage', { accountId, ...input }, file);
const taggedPhoto = async (): Promise<Buffer> => jpegWith(await newPhoto(), { xmp });

const embeddedOf = (id: string, as: Record<string, string>) =>
  server.query(
    'query($id: ID!) { node(id: $id) { ... on Image { embedded { altText description creator copyright } } } }',
    { id },
    as,
  );

describe('embedded', () => {
  test('has the texts of the file, of the new one after a replacement, and none of a file without any', async () => {
    const { id, embedded } = await upload(await taggedPhoto());
    expect(embedded).toEqual(texts);
    const exif = exifBlock({ 270: 'New' });
    const replaced = await send('replaceImage', { id }, jpegWith(await newPhoto(), { exif }));
    expect(replaced.embedded).toEqual({ altText: null, description: 'New', creator: null, copyright: null });
    const plain = await upload(await newPhoto());
    expect(plain.embedded).toEqual({ altText: null, description: null, creator: null, copyright: null });
  });

  test('is for callers that may read the image', async () => {
    const { id } = await upload(await taggedPhoto());
    expect((await embeddedOf(id, headers.owner)).data.node.embedded).toEqual(texts);
    expect((await embeddedOf(id, headers.stranger)).data.node).toBeNull();
    const anonymous = await embeddedOf(id, {});
    expect(anonymous.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
    expect(JSON.stringify(anonymous)).not.toContain('secret');
  });

  test('is not for one that may only write, whose mutation is done nevertheless', async () => {
    const { id } = await upload(await taggedPhoto());
    const { data, errors } = await server.query(
      `mutation($id: ID!) { disableImage(input: { id: $id }) { ... on DisableImagePayload { image { id embedded { altText } } } } }`,
      { id },
      headers.writer,
    );
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'FORBIDDEN' },
      path: ['disableImage', 'image', 'embedded'],
    });
    expect(JSON.stringify(data)).not.toContain('secret');
  });
});

test('no public response has the texts, whatever the format of the file and of the variant', async () => {
  const size = { width: 40, height: 30 };
  const files = [
    jpegWith(await newPhoto(), {
      xmp,
      exif: exifBlock({ 270: 'secret words' }),
      iptc: imageResources(iimDataSet(120, 'secret words')),
    }),
    pngWith(await photoPng(size), [textChunk('Description', 'secret words')]),
    webpWith(await photoWebp(size), size, { xmp, exif: exifBlock({ 33432: 'secret words' }) }),
    avifFile([
      codedItem(
        await sharp(await photoPng(size))
          .avif()
          .toBuffer(),
        size,
      ),
      exifItem(exifBlock({ 33432: 'secret words' })),
      xmpItem(xmp),
    ]),
    await sharp(await photoPng(size))
      .withXmp(xmp)
      .avif()
      .toBuffer(),
    gifWith(
      await sharp(await photoPng(size))
        .gif()
        .toBuffer(),
      [gifXmp(xmp), gifExtension(0xfe, Buffer.from('secret words'))],
    ),
  ];
  for (const file of files) {
    expect(file.includes('secret words')).toBe(true);
    const { url, link, embedded } = await upload(file);
    expect(JSON.stringify(embedded)).toContain('secret words');
    for (const format of ['jpeg', 'png', 'webp', 'avif']) {
      const response = await fetch(`${link}?size=0x0&format=${format}`);
      expect(response.status).toBe(200);
      expect(Buffer.from(await response.arrayBuffer()).includes('secret')).toBe(false);
      expect(JSON.stringify([...response.headers])).not.toContain('secret');
    }
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).includes('secret')).toBe(false);
  }
});

describe('adoptEmbeddedAltText', () => {
  const adoptEmbeddedAltText = true;
  test.each([
    ['nothing else is given', { adoptEmbeddedAltText }, altText],
    ['metadata is null', { adoptEmbeddedAltText, metadata: null }, altText],
    ['other metadata is given', { adoptEmbeddedAltText, metadata: { focalPoint: { x: 0, y: 0 } } }, altText],
    ['a text is given', { adoptEmbeddedAltText, metadata: { altText: 'Given' } }, 'Given'],
    ['an empty text is given', { adoptEmbeddedAltText, metadata: { altText: '' } }, ''],
    ['null is given', { adoptEmbeddedAltText, metadata: { altText: null } }, null],
    ['it is false', { adoptEmbeddedAltText: false }, null],
    ['it is null', { adoptEmbeddedAltText: null }, null],
    ['it is absent', {}, null],
  ])('of a new image if %s', async (_case, input, expected) => {
    expect((await upload(await taggedPhoto(), input)).metadata).toEqual({ altText: expected });
  });

  test('falls back to the description, and to nothing', async () => {
    const described = jpegWith(await newPhoto(), { exif: exifBlock({ 270: 'Described', 315: 'Ann' }) });
    expect((await upload(described, { adoptEmbeddedAltText })).metadata.altText).toBe('Described');
    const signed = jpegWith(await newPhoto(), { exif: exifBlock({ 315: 'Ann' }) });
    expect((await upload(signed, { adoptEmbeddedAltText })).metadata.altText).toBeNull();
  });

  test('cuts the text to the limit of alternative texts', () => {
    expect(adoptedAltText(true, { ...texts, altText: 'ab🚢cd' }, { altTextLength: 3 })).toBe('ab🚢');
  });

  test('is for each of several images', async () => {
    const { data } = await server.upload(
      'mutation($input: UploadImagesInput!) { uploadImages(input: $input) { ... on UploadImagePayload { image { metadata { altText } } } } }',
      { input: { accountId, images: [{ file: null, adoptEmbeddedAltText }, { file: null }] } },
      { 'input.images.0.file': await taggedPhoto(), 'input.images.1.file': await taggedPhoto() },
      headers.owner,
    );
    const found = data.uploadImages.map(({ image }: { image: { metadata: object } }) => image.metadata);
    expect(found).toEqual([{ altText }, { altText: null }]);
  });

  test('is for a file that was sent ahead', async () => {
    const file = await taggedPhoto();
    const created = await server.query(
      `mutation($input: CreateUploadsInput!) { createUploads(input: $input) { ... on CreateUploadsPayload { uploads { uploadId url } } } }`,
      { input: { accountId, files: [{ byteSize: file.length }] } },
      headers.owner,
    );
    const [{ uploadId, url }] = created.data.createUploads.uploads;
    expect((await fetch(url, { method: 'PUT', body: new Uint8Array(file) })).ok).toBe(true);
    const { data } = await server.query(
      `mutation($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { ${imageFields} } } }`,
      { input: { accountId, uploadId, adoptEmbeddedAltText } },
      headers.owner,
    );
    expect(data.uploadImage.image.metadata).toEqual({ altText });
  });

  test('keeps the text of an image that is enabled again', async () => {
    const upAgain = async (metadata: Record<string, unknown>) => {
      const file = await taggedPhoto();
      const { id } = await upload(file, { metadata });
      await server.query(
        'mutation($id: ID!) { disableImage(input: { id: $id }) { __typename } }',
        { id },
        headers.owner,
      );
      const again = await upload(file, { adoptEmbeddedAltText });
      expect(again.id).toBe(id);
      return again.metadata.altText;
    };
    expect(await upAgain({ altText: 'Mine' })).toBe('Mine');
    expect(await upAgain({ altText: '' })).toBe('');
    expect(await upAgain({ altText: null })).toBe(altText);
  });

  test('of an image at an address: on its first upload, and later as long as it has no text', async () => {
    const put = async (address: Record<string, unknown>, input: Record<string, unknown>) =>
      (await send('uploadAddressedImage', { accountId, address, ...input }, await taggedPhoto())).metadata.altText;
    const address = () => ({ type: 'UGC', entityId: randomUUID(), ds: 'GALLERY', cid: 'c' });
    expect(await put(address(), { adoptEmbeddedAltText })).toBe(altText);
    const [kept, empty, cleared] = [address(), address(), address()];
    await put(kept, { metadata: { altText: 'Mine' } });
    expect(await put(kept, { adoptEmbeddedAltText })).toBe('Mine');
    expect(await put(empty, {})).toBeNull();
    expect(await put(empty, { adoptEmbeddedAltText })).toBe(altText);
    expect(await put(cleared, { adoptEmbeddedAltText, metadata: { altText: null } })).toBeNull();
  });

  test('of a replaced file, unless the image has a text or is given one', async () => {
    const replace = async (before: Record<string, unknown>, input: Record<string, unknown>) => {
      const { id } = await upload(await newPhoto(), { metadata: before });
      return (await send('replaceImage', { id, ...input }, await taggedPhoto())).metadata.altText;
    };
    const focalPoint = { x: 0, y: 0 };
    expect(await replace({}, { adoptEmbeddedAltText })).toBe(altText);
    expect(await replace({}, {})).toBeNull();
    expect(await replace({ altText: 'Mine' }, { adoptEmbeddedAltText })).toBe('Mine');
    expect(await replace({ altText: '' }, { adoptEmbeddedAltText })).toBe('');
    expect(await replace({}, { adoptEmbeddedAltText, metadata: null })).toBeNull();
    expect(await replace({}, { adoptEmbeddedAltText, metadata: { altText: 'Given' } })).toBe('Given');
    // metadata without a text clears the one that was there, and so the file's is adopted
    expect(await replace({ altText: 'Mine' }, { adoptEmbeddedAltText, metadata: { focalPoint } })).toBe(altText);
  });
});
