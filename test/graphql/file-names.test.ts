import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const fields = `id imageId publicId fileName version updatedOn link originalUrl url
  resized: url(transform: { width: 16, format: JPEG }) variant(transform: { format: WEBP }) { url } srcset(widths: [8, 16])`;

const upload = async (name: string, bytes?: Uint8Array) => {
  const file = new File([new Uint8Array(bytes ?? (await newPhoto()))], name);
  const { data, errors } = await server.upload(
    `mutation($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { ${fields} } } } }`,
    { input: { accountId, file: null } },
    { 'input.file': file },
  );
  expect(errors).toBeUndefined();
  return data.uploadImage.image;
};

const update = async (input: Record<string, unknown>) => {
  const { data, errors } = await server.query(
    `mutation($input: UpdateImageInput!) { updateImage(input: $input) { __typename
      ... on UpdateImagePayload { image { ${fields} } } ... on InvalidInputError { issues { path message } } } }`,
    { input },
  );
  expect(errors).toBeUndefined();
  return data.updateImage;
};

const replace = async (id: string, name: string, bytes?: Uint8Array) => {
  const file = new File([new Uint8Array(bytes ?? (await newPhoto()))], name);
  const { data } = await server.upload(
    `mutation($input: ReplaceImageInput!) { replaceImage(input: $input) { ... on ReplaceImagePayload { image { ${fields} } } } }`,
    { input: { id, file: null } },
    { 'input.file': file },
  );
  return data.replaceImage.image;
};

test('an uploaded file keeps its name, which ends its URLs but not its link', async () => {
  const image = await upload('Käse (1), final.png');
  const name = 'K%C3%A4se%20%281%29%2C%20final';
  expect(image.fileName).toBe('Käse (1), final.png');
  expect(image.link).toBe(`${server.url}/images/${image.publicId}`);
  expect(image.url).toMatch(new RegExp(`/images/${image.publicId}/${name}\\.jpg\\?`));
  expect(image.resized).toMatch(new RegExp(`/images/${image.publicId}/${name}\\.jpg\\?`));
  expect(image.variant.url).toMatch(new RegExp(`/images/${image.publicId}/${name}\\.webp\\?`));
  for (const url of [image.url, image.resized, image.variant.url, ...image.srcset.split(', ')]) {
    const response = await fetch(url.split(' ')[0]);
    expect([response.status, response.headers.get('cache-control')]).toEqual([
      200,
      expect.stringContaining('immutable'),
    ]);
  }
});

test('any name, or none, serves the same bytes under the same ETag, by GET, HEAD and OPTIONS', async () => {
  const image = await upload('cat.png');
  const [, query] = image.url.split('?');
  const named = await fetch(image.url);
  const bytes = Buffer.from(await named.arrayBuffer());
  for (const path of ['', '/dog.gif', '/%2e%2e%2fetc', `/${'x'.repeat(90)}`]) {
    const response = await fetch(`${image.link}${path}?${query}`);
    expect([path, response.status, response.headers.get('etag')]).toEqual([path, 200, named.headers.get('etag')]);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  }
  expect((await fetch(image.url, { method: 'HEAD' })).headers.get('etag')).toBe(named.headers.get('etag'));
  const known = await fetch(image.url, { headers: { 'if-none-match': named.headers.get('etag') ?? '' } });
  expect(known.status).toBe(304);
  const preflight = await fetch(image.url, { method: 'OPTIONS' });
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
  expect((await fetch(image.url, { method: 'PUT' })).status).toBe(405);
  expect((await fetch(`${server.url}/images/${'x'.repeat(21)}/cat.png`)).status).toBe(404);
  expect((await fetch(`${image.link}/cat.png?size=x`)).status).toBe(400);
});

test('a name can be changed and cleared, which is a change of the image but no new version', async () => {
  const image = await upload('draft.png');
  const { image: renamed } = await update({ id: image.id, fileName: 'The final one.png' });
  expect(renamed).toMatchObject({ fileName: 'The final one.png', version: image.version });
  expect(renamed.updatedOn > image.updatedOn).toBe(true);
  expect(renamed.url).toContain('/The%20final%20one.jpg?');
  const kept = await update({ id: image.id, metadata: { altText: 'a cat' } });
  expect(kept.image.fileName).toBe('The final one.png');
  const { image: cleared } = await update({ id: image.id, fileName: null });
  expect([cleared.fileName, cleared.url.startsWith(`${image.link}?`)]).toEqual([null, true]);
});

test.each([
  ['a folder', 'a/b.png'],
  ['nothing', ''],
  ['dots', '..'],
  ['a control character', 'a\0.png'],
  ['a mark of direction', 'a\u202eb.png'],
  ['too many bytes', `${'é'.repeat(130)}.png`],
])('a name of %s is refused, and says what is accepted', async (_fault, fileName) => {
  const image = await upload('fine.png');
  expect(await update({ id: image.id, fileName })).toMatchObject({
    __typename: 'InvalidInputError',
    issues: [{ path: ['fileName'], message: expect.stringContaining('at most 255 bytes') }],
  });
});

test('a new file brings its name; the same bytes, and a file without a name, change none', async () => {
  const bytes = await newPhoto();
  const image = await upload('first.png', bytes);
  expect(await replace(image.id, 'renamed.png', bytes)).toMatchObject({
    fileName: 'first.png',
    updatedOn: image.updatedOn,
  });
  expect((await replace(image.id, 'second.png')).fileName).toBe('second.png');
  expect((await replace(image.id, 'blob')).fileName).toBe('second.png');
});

test('an original is saved under its name, in any script, with the extension of its format', async () => {
  const { id } = await upload('plain.jpg');
  const { image } = await update({ id, fileName: 'naïve 🧀 "quoted".exe' });
  const header = (await fetch(image.originalUrl)).headers.get('content-disposition') ?? '';
  expect(header).toMatch(/^attachment; filename="(?:[^"\\]|\\.)*"; filename\*=UTF-8''[\w%.!#$&+^`|~-]+$/);
  // RFC 8187, section 3.2
  expect(decodeURIComponent(header.split("UTF-8''")[1] ?? '')).toBe('naïve 🧀 "quoted".exe.jpg');
  const { image: cleared } = await update({ id: image.id, fileName: null });
  const plain = (await fetch(cleared.originalUrl)).headers.get('content-disposition');
  expect(plain).toBe(`attachment; filename=${image.publicId}.jpg`);
});
