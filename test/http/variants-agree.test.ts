import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploadImage } from '../support/image-operations.js';
import { alphaPng, animatedWebp, decode, exifRotatedJpeg, photoJpeg } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
const images: Record<string, string> = {};
beforeAll(async () => {
  server = await startTestServer();
  const photos = {
    landscape: await photoJpeg({ width: 900, height: 500 }),
    portrait: await exifRotatedJpeg(6, { width: 300, height: 120 }),
    alpha: await alphaPng({ width: 50, height: 70 }),
    animation: await animatedWebp({ frames: 3, width: 64, height: 48 }),
    sliver: await photoJpeg({ width: 1000, height: 2 }),
  };
  for (const [trait, bytes] of Object.entries(photos)) {
    images[trait] = (await uploadImage(server, bytes, { focalPoint: { x: 0.2, y: 0.8 } })).id;
  }
});
afterAll(() => server.close());

const serve = async (url: string) => {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toContain('immutable');
  const { width, height } = await decode(new Uint8Array(await response.arrayBuffer()));
  return { width, height, mimeType: response.headers.get('content-type') };
};

const transforms = [
  null,
  { width: 100 },
  { height: 100 },
  { width: 0, height: 0 },
  { width: 3000, height: 1000 },
  { width: 3000, height: 1000, enlarge: true },
  { width: 120, height: 90, fit: 'CONTAIN', background: '#ff0000' },
  { width: 120, height: 90, fit: 'INSIDE', dpr: 2 },
  { width: 120, height: 90, fit: 'FILL', format: 'JPEG', quality: 40 },
  { width: 80, height: 80, focus: 'ATTENTION', format: 'WEBP' },
  { width: 80, height: 80, focus: 'ENTROPY', format: 'PNG' },
  { width: 80, height: 20, focusPoint: { x: 0, y: 1 }, blur: 3, format: 'AVIF' },
];

test.each(transforms)('variant and url of %j are what the route serves, for every kind of image', async (transform) => {
  for (const id of Object.values(images)) {
    const { data, errors } = await server.query(
      `query($id: ID!, $transform: ImageTransform) { image(by: { id: $id }) {
        url(transform: $transform) variant(transform: $transform) { url width height mimeType } } }`,
      { id, transform },
    );
    expect(errors).toBeUndefined();
    const { url, ...result } = data.image.variant;
    expect(url).toBe(data.image.url);
    expect(await serve(url)).toEqual(result);
  }
});

test.each([null, {}, { format: 'WEBP' }, { quality: 40 }])(
  'url and variant with %j, which has no size, have the size and shape of the image',
  async (transform) => {
    for (const id of Object.values(images)) {
      const { data } = await server.query(
        `query($id: ID!, $transform: ImageTransform) { image(by: { id: $id }) {
          width height link url(transform: $transform) variant(transform: $transform) { width height } } }`,
        { id, transform },
      );
      const { width, height, link, url, variant } = data.image;
      expect(variant).toEqual({ width, height });
      expect(await serve(url)).toMatchObject(variant);
      // the link keeps what Moov promises
      expect(link).not.toContain('?');
    }
  },
);

test.each([null, { width: 2, height: 1 }, { format: 'WEBP' }, { dpr: 2 }])(
  'each candidate of a srcset with %j has the width that it says, and no width comes twice',
  async (transform) => {
    for (const id of Object.values(images)) {
      const { data } = await server.query(
        `query($id: ID!, $transform: ImageTransform) { image(by: { id: $id }) {
          srcset(widths: [640, 40, 80, 80, 1280, 5000], transform: $transform) } }`,
        { id, transform },
      );
      const candidates = data.image.srcset.split(', ').map((candidate: string) => candidate.split(' '));
      const widths: number[] = candidates.map(([, width]: string[]) => Number.parseInt(width ?? '', 10));
      expect(widths).toEqual([...new Set(widths)].sort((a, b) => a - b));
      for (const [index, [url]] of candidates.entries()) expect((await serve(url)).width).toBe(widths[index]);
    }
  },
);

test('a srcset takes 1 to 20 widths', async () => {
  for (const widths of [[], Array.from({ length: 21 }, (_, index) => index + 1)]) {
    const { errors } = await server.query(
      'query($id: ID!, $widths: [PositiveInt!]!) { image(by: { id: $id }) { srcset(widths: $widths) } }',
      { id: images['landscape'], widths },
    );
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'INVALID_INPUT' },
      message: expect.stringContaining('20'),
    });
  }
});

test('a transform out of range is refused with the place of each value', async () => {
  const refusalOf = async (transform: string) => {
    const { errors } = await server.query(
      `query($id: ID!) { image(by: { id: $id }) { url(transform: { ${transform} }) } }`,
      { id: images['landscape'] },
    );
    return (errors ?? []).map(({ message }) => message).join(' ');
  };
  const refusal = await refusalOf('quality: 101, dpr: 9');
  for (const type of ['Quality', 'DevicePixelRatio']) expect(refusal).toContain(`${type} accepts`);
  expect(await refusalOf('background: "no"')).toContain('background');
});
