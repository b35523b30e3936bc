import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharp } from '../../src/pipeline/sharp.js';
import { gifFile, gifFrame, gifLoops } from '../fixtures/gif-file.js';
import { uploadAddressedImage, uploadImage } from '../support/image-operations.js';
import { alphaPng, decode, newPhoto, photoPng, taggedJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';
import { openGleanClient } from '../vendors/glean/glean-client.js';
import { openMoovClient } from '../vendors/moov/moov-client.js';

const size = { width: 60, height: 40 };
const files = {
  avif: async () =>
    sharp(await photoPng(size))
      .avif({ effort: 0 })
      .toBuffer(),
  avifWithAlpha: async () =>
    sharp(await alphaPng(size))
      .avif({ effort: 0 })
      .toBuffer(),
  gif: async () => gifFile(size, gifFrame({ ...size, color: 9 })),
  animatedGif: async () =>
    gifFile(size, gifLoops(0), ...[3, 90].map((color) => gifFrame({ ...size, color, delay: 10 }))),
} as const;
type Kind = keyof typeof files;

let server: TestServer;
const bytes = {} as Record<Kind, Buffer>;
// biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what an image has
const images = {} as Record<Kind, any>;
beforeAll(async () => {
  server = await startTestServer({ GLEAN_ACCOUNT_ID: accountId });
  for (const [kind, make] of Object.entries(files) as [Kind, () => Promise<Buffer>][]) {
    bytes[kind] = await make();
    images[kind] = await uploadImage(server, bytes[kind]);
  }
});
afterAll(() => server.close());

const ask = async (document: string, variables: Record<string, unknown>) =>
  (await server.query(document, variables)).data;
const typeOf = async (url: string, accept?: string): Promise<string | number | null> => {
  const response = await fetch(url, accept === undefined ? {} : { headers: { accept } });
  await response.arrayBuffer();
  return response.status === 200 ? response.headers.get('content-type') : response.status;
};

test('an upload reports what the file is, whatever it is called', () => {
  const mimeTypes = Object.values(images).map(({ mimeType, frameCount, hasAlpha, metadata }) => [
    mimeType,
    frameCount,
    hasAlpha,
    metadata.ext,
  ]);
  expect(mimeTypes).toEqual([
    ['image/avif', 1, false, '.avif'],
    ['image/avif', 1, true, '.avif'],
    ['image/gif', 1, false, '.gif'],
    ['image/gif', 2, false, '.gif'],
  ]);
});

describe('the type that is served', () => {
  const chrome = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';
  const moov = 'image/jpeg;q=1, image/png;q=0.7, image/webp;q=0';
  test.each<[Kind, string | undefined, string | number]>([
    ['avif', chrome, 'image/avif'],
    ['avif', 'image/webp,*/*', 'image/webp'],
    ['avif', '*/*', 'image/jpeg'],
    ['avif', moov, 'image/jpeg'],
    ['avif', 'image/*', 'image/jpeg'],
    ['avifWithAlpha', '*/*', 'image/png'],
    ['avifWithAlpha', moov, 'image/png'],
    ['gif', chrome, 'image/avif'],
    ['gif', 'image/webp,*/*', 'image/webp'],
    ['gif', '*/*', 'image/png'],
    ['gif', 'image/jpeg', 'image/jpeg'],
    ['gif', 'image/gif', 406],
    ['animatedGif', chrome, 'image/webp'],
    ['animatedGif', '*/*', 'image/webp'],
    ['animatedGif', moov, 'image/jpeg'],
    ['animatedGif', 'image/png', 'image/png'],
    ['animatedGif', 'image/gif', 406],
  ])('of %s for %s is %s', async (kind, accept, expected) => {
    expect(await typeOf(images[kind].link, accept)).toBe(expected);
  });

  test('is what the transform names, GIF excepted, which GraphQL has for stored files only', async () => {
    for (const kind of Object.keys(files) as Kind[]) {
      for (const format of ['jpeg', 'png', 'webp', 'avif']) {
        expect(await typeOf(`${images[kind].link}?size=20x0&format=${format}`)).toBe(`image/${format}`);
      }
    }
    expect(await typeOf(`${images.gif.link}?format=gif`)).toBe(400);
    const { data, errors } = await server.query(
      `query($id: ID!) { image(by: { id: $id }) { format variant(transform: { format: GIF }) { url } } }`,
      { id: images.gif.id },
    );
    expect([data.image, errors?.[0]?.extensions?.code]).toEqual([null, 'INVALID_INPUT']);
    expect(errors?.[0]?.message).toContain('must be auto, jpeg, png, webp or avif');
    const { image } = await ask('query($id: ID!) { image(by: { id: $id }) { format variant { format mimeType } } }', {
      id: images.animatedGif.id,
    });
    expect(image).toEqual({ format: 'GIF', variant: { format: 'WEBP', mimeType: 'image/webp' } });
  });

  test('of an animated GIF keeps its frames', async () => {
    const response = await fetch(images.animatedGif.url, { headers: { accept: 'image/webp' } });
    const metadata = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    expect(metadata).toMatchObject({ pages: 2, delay: [100, 100], ...size });
  });
});

test.each(Object.keys(files) as Kind[])('the original of %s is sent as it is stored, also in part', async (kind) => {
  const { image } = await ask('query($id: ID!) { image(by: { id: $id }) { originalUrl signedOriginalUrl { url } } }', {
    id: images[kind].id,
  });
  for (const url of [image.originalUrl, image.signedOriginalUrl.url]) {
    const whole = await fetch(url);
    expect(whole.headers.get('content-type')).toBe(images[kind].mimeType);
    expect(whole.headers.get('x-content-type-options')).toBe('nosniff');
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes[kind])).toBe(true);
    const part = await fetch(url, { headers: { range: 'bytes=3-9' } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes[kind].subarray(3, 10)]);
  }
});

test('lists are filtered by the new types, and refuse others', async () => {
  const list =
    'query($account: UUID, $types: [String!]) { images(accountId: $account, filter: { mimeType: $types }) { nodes { mimeType } } }';
  const { images: found } = await ask(list, { account: accountId, types: ['image/gif'] });
  expect(found.nodes.map(({ mimeType }: { mimeType: string }) => mimeType)).toEqual(['image/gif', 'image/gif']);
  const { errors } = await server.query(list, { account: accountId, types: ['image/tiff'] });
  expect(errors?.[0]?.message).toContain('image/avif, image/gif');
});

test('a URL of a GIF with a name ends with what browsers get', async () => {
  const file = new File([new Uint8Array(gifFile(size, gifFrame({ ...size, color: 44 })))], 'party.gif');
  const { data } = await server.upload(
    'mutation($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { fileName url originalUrl } } } }',
    { input: { accountId, file: null } },
    { 'input.file': file },
  );
  const { fileName, url, originalUrl } = data.uploadImage.image;
  expect([fileName, new URL(url).pathname.split('/').at(-1)]).toEqual(['party.gif', 'party.webp']);
  expect(await typeOf(url, 'image/webp')).toBe('image/webp');
  expect((await fetch(originalUrl)).headers.get('content-disposition')).toContain('party.gif');
});

describe("Moov's API", () => {
  test('accepts neither, for a new image and for one that it replaces, and keeps that', async () => {
    const moov = await openMoovClient(server, randomUUID());
    const { body } = await moov.send('POST', '', { image: await newPhoto() });
    for (const [method, path] of [
      ['POST', ''],
      ['PUT', `/${body.imageID}`],
      ['PATCH', `/${body.imageID}`],
    ] as const) {
      for (const kind of ['avif', 'animatedGif'] as const) {
        const refused = await moov.send(method, path, { image: bytes[kind] });
        expect([refused.status, refused.body.image]).toEqual([
          422,
          expect.stringContaining('PNG, JPEG and WebP are accepted'),
        ]);
      }
    }
    expect((await moov.call('GET', `/${body.imageID}`)).body).toEqual(body);
  });

  test('lists those that came by GraphQL, with the members that its contract has', async () => {
    const moov = await openMoovClient(server);
    const { body } = await moov.call('GET', `/${images.gif.imageId}`);
    expect(body).toMatchObject({ imageID: images.gif.imageId, link: images.gif.link });
  });
});

describe("Glean's API", () => {
  test('accepts both and returns them to the byte, as an image', async () => {
    const glean = await openGleanClient(server, { authorization: 'Bearer any' });
    for (const [kind, ext] of [
      ['avif', '.avif'],
      ['animatedGif', '.gif'],
    ] as const) {
      const query = `type=UGC&id=${kind}`;
      const { status, body } = await glean.upload(query, bytes[kind]);
      expect([status, body?.metadata.ext]).toEqual([200, ext]);
      const found = await glean.get(query);
      expect([found.status, found.headers.get('content-type')]).toEqual([200, images[kind].mimeType]);
      expect(found.bytes.equals(bytes[kind])).toBe(true);
    }
  });

  test('shows everybody a rendition without what else is in the file', async () => {
    const glean = await openGleanClient(server);
    const address = (kind: Kind) => ({ type: 'UGC', entityId: `shown-${kind}` });
    for (const [kind, type] of [
      ['avif', 'image/avif'],
      ['gif', 'image/png'],
      ['animatedGif', 'image/webp'],
    ] as const) {
      await uploadAddressedImage(server, address(kind), bytes[kind]);
      const shown = await glean.show(`type=UGC&id=shown-${kind}`);
      expect([shown.status, shown.headers.get('content-type')]).toEqual([200, type]);
      expect(await decode(shown.bytes)).toMatchObject({ width: 60 });
    }
  });
});

test('a file of either type replaces an image, and is refused where it is broken', async () => {
  const image = await uploadImage(server, await newPhoto());
  const replaced = await server.upload(
    'mutation($input: ReplaceImageInput!) { replaceImage(input: $input) { __typename ... on ReplaceImagePayload { image { id mimeType version } } ... on Error { code } } }',
    { input: { id: image.id, file: null } },
    { 'input.file': gifFile(size, gifFrame({ ...size, color: 70 })) },
  );
  expect(replaced.data.replaceImage.image).toEqual({ id: image.id, mimeType: 'image/gif', version: 2 });
  for (const kind of ['avif', 'gif'] as const) {
    expect(await uploadImage(server, bytes[kind].subarray(0, -5))).toMatchObject({ code: 'CORRUPT_IMAGE' });
  }
});

test('color=p3 is a part of URLs and ETags where it is asked for, and of no other', async () => {
  const image = await uploadImage(server, await taggedJpeg());
  const { image: found } = await ask(
    'query($id: ID!) { image(by: { id: $id }) { srgb: url(transform: { width: 40, color: SRGB }) plain: url(transform: { width: 40 }) p3: url(transform: { width: 40, color: P3 }) } }',
    { id: image.id },
  );
  expect(found.srgb).toBe(found.plain);
  expect(new URL(found.p3).searchParams.get('color')).toBe('p3');
  const [plain, wide] = await Promise.all([found.plain, found.p3].map((url) => fetch(url)));
  expect(plain?.headers.get('etag')).not.toBe(wide?.headers.get('etag'));
  const metadata = await sharp(Buffer.from((await wide?.arrayBuffer()) ?? new ArrayBuffer(0))).metadata();
  expect(metadata.icc?.length).toBe(480);
  await plain?.arrayBuffer();
  expect((await fetch(found.p3, { headers: { 'if-none-match': wide?.headers.get('etag') ?? '' } })).status).toBe(304);
  expect(await typeOf(`${image.link}?color=rec2020`)).toBe(400);
});
