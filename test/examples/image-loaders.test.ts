import { transformBaseImageProps } from '@unpic/core/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getImage, nextImageLoader, unpicTransformer, variantUrl } from '../../examples/image-loaders.js';
import { decode, photoJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
/** An image of 3000 x 2000 pixels, whole, and as a crop of three by one. */
let image: { url: string; crop: string };
beforeAll(async () => {
  server = await startTestServer();
  const { data } = await server.upload(
    `mutation ($input: UploadImageInput!) {
      uploadImage(input: $input) {
        ... on UploadImagePayload {
          image { url crop: url(transform: { width: 300, height: 100, dpr: 2, focusPoint: { x: 0.2, y: 0.8 } }) }
        }
      }
    }`,
    { input: { accountId, file: null } },
    { 'input.file': await photoJpeg({ width: 3000, height: 2000 }) },
  );
  image = data.uploadImage.image;
});
afterAll(() => server.close());

/** The size and type that a URL serves, which has to be cacheable forever. */
const served = async (url: string) => {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toContain('immutable');
  const { width, height } = await decode(new Uint8Array(await response.arrayBuffer()));
  return { width, height, type: response.headers.get('content-type') };
};

const loaders = {
  'next/image': (src: string, width: number) => nextImageLoader({ src, width, quality: 60 }),
  '@nuxt/image': (src: string, width: number) => getImage(src, { modifiers: { width, quality: '60' } }).url,
  unpic: (src: string, width: number) => unpicTransformer(src, { width, quality: 60 }),
};

describe.each(Object.entries(loaders))('the loader for %s', (_name, load) => {
  test('serves the width that is asked for, in the shape of the image', async () => {
    expect(await served(load(image.url, 640))).toMatchObject({ width: 640, height: 427 });
    expect(load(image.url, 640)).toContain('quality=60');
  });

  test('keeps the shape and the focus of a crop', async () => {
    expect(await served(load(image.crop, 600))).toMatchObject({ width: 600, height: 200 });
    expect(new URL(load(image.crop, 600)).searchParams.get('focus')).toBe('0.2,0.8');
  });

  test('stops at the limit of a side, with one URL for all widths beyond it', async () => {
    expect(await served(load(image.url, 3840))).toMatchObject({ width: 2048, height: 1365 });
    expect(load(image.crop, 3840)).toBe(load(image.crop, 2048));
    expect(await served(load(image.crop, 3840))).toMatchObject({ width: 2048, height: 683 });
  });
});

test('the limit is the one of the server', async () => {
  const { data } = await server.query('{ limits { variantSide } }');
  expect(variantUrl(image.url, { width: 100_000 })).toContain(`size=${data.limits.variantSide}x0`);
});

test('without a size the URL is kept, and its other parameters change', async () => {
  expect(variantUrl(image.crop, {})).toBe(image.crop);
  expect(await served(variantUrl(image.crop, { format: 'webp' }))).toMatchObject({ width: 600, type: 'image/webp' });
});

test('Nuxt Image sets height, format and fit', async () => {
  const { url } = getImage(image.url, { modifiers: { width: 200, height: 200, format: 'webp', fit: 'inside' } });
  expect(await served(url)).toEqual({ width: 200, height: 133, type: 'image/webp' });
});

test('every candidate of the srcset that Unpic computes has the width that it claims', async () => {
  const { src, srcset } = transformBaseImageProps({
    src: image.url,
    transformer: unpicTransformer,
    layout: 'constrained',
    width: 900,
    height: 600,
    breakpoints: [450, 900, 1800],
  });
  expect(await served(String(src))).toMatchObject({ width: 900, height: 600 });
  const candidates = String(srcset)
    .split(/,\s+/)
    .map((candidate) => candidate.trim().split(' '));
  expect(candidates).toHaveLength(3);
  for (const [url = '', descriptor] of candidates) expect(`${(await served(url)).width}w`).toBe(descriptor);
});
