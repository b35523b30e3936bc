import { request as httpRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import {
  alphaPng,
  animatedWebp,
  decode,
  exifRotatedJpeg,
  photoJpeg,
  photoPng,
  photoWebp,
  quarterColors,
  taggedJpeg,
} from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
/** How often the pipeline rendered. */
let renders = 0;
/** What renders wait for before they begin. */
let gate = Promise.resolve();
let photo: { link: string; url: string; id: string; publicId: string };

beforeAll(async () => {
  server = await startTestServer(
    {},
    {
      processor: (real) => ({
        inspect: (path) => real.inspect(path),
        render: async (source, plan) => {
          renders += 1;
          await gate;
          return real.render(source, plan);
        },
      }),
    },
  );
  photo = await uploadImage(server, await photoJpeg({ width: 1200, height: 800 }));
});
afterAll(() => server.close());

const get = (link: string, query = '', headers: Record<string, string> = {}) => fetch(`${link}${query}`, { headers });
const sizeOf = async (response: Response) => {
  const { width, height } = await decode(new Uint8Array(await response.arrayBuffer()));
  return `${width}x${height}`;
};

describe('size', () => {
  test.each([
    ['', '400x400'],
    ['?size=400x400', '400x400'],
    ['?size=300x0', '300x200'],
    ['?size=0x200', '300x200'],
    ['?size=0x0', '1200x800'],
    ['?size=600x100', '600x100'],
    ['?size=100x600', '100x600'],
    ['?size=5000x0', '1200x800'],
    ['?size=5000x5000', '800x800'],
    ['?size=5000x5000&enlarge=1', '2048x2048'],
    ['?size=2400x0&enlarge=1', '2048x1365'],
    ['?size=300x300&fit=inside', '300x200'],
    ['?size=300x300&fit=contain', '300x300'],
    ['?size=300x300&fit=fill', '300x300'],
    ['?size=100x100&dpr=2', '200x200'],
  ])('%s of a 1200 x 800 image is %s', async (query, expected) => {
    const response = await get(photo.link, query);
    expect(response.status).toBe(200);
    expect(await sizeOf(response)).toBe(expected);
  });

  test.each([
    'size=',
    'size=x',
    'size=100',
    'size=100X100',
    'size=-1x5',
    'size=1e3x5',
    'size=1.5x2',
    'size=100x100x100',
    'size=%00x1',
    'size=100x100&size=100x100',
    'size=99999999999999999999x1',
    'fit=crop',
    'format=gif',
    'quality=0',
    'quality=101',
    'quality=x',
    'dpr=0',
    'dpr=4',
    'blur=-1',
    'focus=2,2',
    'focus=left',
    'background=zz',
    'enlarge=yes',
    'v=0',
    'v=-1',
    'v=x',
    'width=100',
    'foo',
    'size=%',
    '=&=',
    '__proto__=1',
  ])('?%s is a 400 that names the parameter and its accepted values, and is not cached', async (query) => {
    const response = await get(photo.link, `?${query}`);
    const { error } = (await response.json()) as { error: string };
    expect(response.status).toBe(400);
    expect(error.length).toBeGreaterThan(20);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('an unknown image', () => {
  test.each(['x'.repeat(21), 'short', '..%2f..%2fetc%2fpasswd', '%00', `${'a'.repeat(400)}`])(
    '%s is 404',
    async (id) => {
      const response = await fetch(`${server.url}/images/${id}`);
      expect(response.status).toBe(404);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toEqual({ error: expect.any(String) });
    },
  );
});

describe('the type of the answer', () => {
  const chrome = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';
  const moov = 'image/jpeg;q=1, image/png;q=0.7, image/webp;q=0';

  test.each([
    ['*/*', 'image/jpeg'],
    [chrome, 'image/avif'],
    ['image/webp,*/*', 'image/webp'],
    [moov, 'image/jpeg'],
    ['image/png', 'image/png'],
    ['image/*', 'image/jpeg'],
    ['image/jpeg;q=0, */*', 'image/png'],
  ])('Accept %s gets %s of a photo', async (accept, expected) => {
    const response = await get(photo.link, '?size=50x50', { accept });
    expect(response.headers.get('content-type')).toBe(expected);
    expect(response.headers.get('vary')).toMatch(/accept/i);
  });

  test('an image with alpha is never flattened while an accepted type keeps it', async () => {
    const { link } = await uploadImage(server, await alphaPng({ width: 90, height: 90 }));
    expect((await get(link, '', { accept: moov })).headers.get('content-type')).toBe('image/png');
    expect((await get(link, '', { accept: 'image/jpeg' })).headers.get('content-type')).toBe('image/jpeg');
  });

  test('format names the type whatever is accepted, and does not vary', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'avif']) {
      const response = await get(photo.link, `?size=40x40&format=${format}`, { accept: 'text/html' });
      expect(response.headers.get('content-type')).toBe(`image/${format}`);
      expect(response.headers.get('vary')).toBeNull();
    }
  });

  test('nothing acceptable is 406 and names the available formats', async () => {
    const response = await get(photo.link, '', { accept: 'text/html, image/*;q=0' });
    expect(response.status).toBe(406);
    expect(((await response.json()) as { error: string }).error).toContain('image/webp');
  });

  test('an animation stays one in WebP and is its first frame elsewhere', async () => {
    const { link } = await uploadImage(server, await animatedWebp({ frames: 3, width: 60, height: 40 }));
    expect(await sizeOf(await get(link, '?size=30x0&format=png'))).toBe('30x20');
    expect((await get(link, '?size=30x0')).headers.get('content-type')).toBe('image/webp');
  });
});

describe('conditional requests', () => {
  test('revalidation never renders, for lists, * and weak tags, also where the client says no-cache', async () => {
    const { headers } = await get(photo.link, '?size=70x70');
    const etag = headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    const before = renders;
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await get(photo.link, '?size=70x70', { 'if-none-match': value, 'cache-control': 'no-cache' });
      expect(response.status).toBe(304);
      expect(response.headers.get('etag')).toBe(etag);
      expect(response.headers.get('vary')).toMatch(/accept/i);
      expect(response.headers.get('cache-control')).toContain('max-age');
      expect(await response.text()).toBe('');
    }
    expect(renders).toBe(before);
    expect((await get(photo.link, '?size=70x70', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('the tag differs by transform, type, focal point and bytes, and is the same for the same', async () => {
    const tag = async (query: string, accept = '*/*') => (await get(photo.link, query, { accept })).headers.get('etag');
    const tags = [
      await tag('?size=70x70'),
      await tag('?size=71x70'),
      await tag('?size=70x70', 'image/webp'),
      await tag('?size=70x70&quality=50'),
      await tag('?size=70x70&focus=0.1,0.1'),
    ];
    expect(new Set(tags).size).toBe(tags.length);
    expect(await tag('?fit=cover&size=70x70')).toBe(tags[0]);
  });

  test('HEAD has the headers of the GET without rendering', async () => {
    const before = renders;
    const head = await fetch(`${photo.link}?size=77x77`, { method: 'HEAD' });
    expect(renders).toBe(before);
    const whole = await get(photo.link, '?size=77x77');
    expect(head.status).toBe(200);
    for (const name of ['etag', 'content-type', 'cache-control', 'vary', 'access-control-allow-origin']) {
      expect(head.headers.get(name)).toBe(whole.headers.get(name));
    }
    expect(head.headers.get('content-length')).toBeNull();
  });

  test('equal requests at one time are rendered once', async () => {
    const before = renders;
    let open = (): void => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const pending = Array.from({ length: 8 }, () => get(photo.link, '?size=91x91&format=png'));
    await expect.poll(() => renders).toBe(before + 1);
    open();
    const bodies = await Promise.all((await Promise.all(pending)).map((response) => response.arrayBuffer()));
    expect(new Set(bodies.map((body) => body.byteLength)).size).toBe(1);
    expect(renders).toBe(before + 1);
  });
});

describe('caching', () => {
  test('a URL with the current version may be kept for ever, any other for a short while', async () => {
    const { url, id, link } = await uploadImage(server, await photoJpeg({ width: 101, height: 100 }));
    expect((await fetch(url)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const short = (await fetch(link)).headers.get('cache-control');
    expect(short).toMatch(/max-age=\d{1,3},.*stale-while-revalidate/);
    const { url: newUrl } = await changeImage(
      server,
      'replaceImage',
      'ReplaceImageInput',
      { id },
      await photoPng({ width: 102, height: 100 }),
    );
    expect((await fetch(url)).headers.get('cache-control')).toBe(short);
    expect((await fetch(newUrl)).headers.get('cache-control')).toContain('immutable');
  });

  test('a replaced image is served in its new version, a deleted one not at all', async () => {
    const { id, link } = await uploadImage(server, await photoJpeg({ width: 103, height: 100 }));
    const first = await fetch(link);
    await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id }, await photoWebp({ width: 104, height: 90 }));
    const second = await get(link, '', { 'if-none-match': first.headers.get('etag') ?? '' });
    expect(second.status).toBe(200);
    await deleteImage(server, id);
    expect((await get(link, '', { 'if-none-match': '*' })).status).toBe(404);
  });
});

test('pages of every origin may use an image, and none runs as a page', async () => {
  for (const response of [await get(photo.link), await get(photo.link, '?size=bad'), await get(`${photo.link}0`)]) {
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('the EXIF orientation %i is applied', async (orientation) => {
  const { link, width, height } = await uploadImage(
    server,
    await exifRotatedJpeg(orientation, { width: 80, height: 40 + orientation * 2 }),
  );
  const photo = await decode(new Uint8Array(await (await get(link, '?size=0x0&format=png')).arrayBuffer()));
  expect([photo.width, photo.height]).toEqual([width, height]);
  const [red = 0, green = 0, blue = 0] = photo.pixelAt(3, 3);
  const [r = 0, g = 0, b = 0] = Object.values(quarterColors)[0] ?? [];
  expect(Math.abs(red - r) + Math.abs(green - g) + Math.abs(blue - b)).toBeLessThan(60);
});

test('EXIF, GPS and other metadata stay behind', async () => {
  const { link, originalUrl } = await uploadImage(server, await taggedJpeg({ width: 64, height: 64 }));
  const original = Buffer.from(await (await fetch(originalUrl)).arrayBuffer());
  expect(original.includes('Exif')).toBe(true);
  for (const format of ['jpeg', 'png', 'webp', 'avif']) {
    const bytes = Buffer.from(await (await get(link, `?format=${format}&size=0x0`)).arrayBuffer());
    expect(/Exif|EXIF|eXIf|http:\/\/ns\.adobe/.test(bytes.toString('latin1'))).toBe(false);
  }
});

test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s is a 405 that names the methods that are served', async (method) => {
  const response = await fetch(photo.link, { method });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  expect(await response.json()).toEqual({ error: expect.stringContaining(method) });
});

describe('a page of another origin', () => {
  test('may ask with any header and revalidate: the preflight passes, and the ETag can be read', async () => {
    const preflight = await fetch(photo.link, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'if-none-match,x-own',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toMatch(/GET.*HEAD/);
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/If-None-Match.*\*/);
    expect(preflight.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    const response = await get(photo.link, '?size=70x70', { origin: 'https://app.example' });
    expect(response.headers.get('access-control-expose-headers')).toBe('*');
  });
});

test('jpg is jpeg: the same ETag and type', async () => {
  const [jpg, jpeg] = [
    await get(photo.link, '?size=41x41&format=jpg'),
    await get(photo.link, '?size=41x41&format=jpeg'),
  ];
  expect(jpg.headers.get('content-type')).toBe('image/jpeg');
  expect(jpg.headers.get('etag')).toBe(jpeg.headers.get('etag'));
});

test.each(['size=%ff', 'size=%c0%af', '%ed%a0%80=1', 'size=1x1&foo=%e2%82', 'size=\xff', 'v=%'])(
  'a query with %s, which is not UTF-8, is a 400 in words',
  async (query) => {
    const { statusCode, body } = await rawGet(`${new URL(photo.link).pathname}?${query}`);
    expect(statusCode).toBe(400);
    expect(body).toMatchObject({ error: expect.any(String) });
  },
);

test.each(['%ff', '%c0%af', '%ed%a0%80', '%zz'])('a path with %s, which is no URL, is a 400 in words', async (text) => {
  const { statusCode, headers, body } = await rawGet(`/images/${text}`);
  expect(statusCode).toBe(400);
  expect(headers['cache-control']).toBe('no-store');
  expect(body).toEqual({ error: expect.stringContaining('malformed escapes') });
});

/** Sends a path as it is; `fetch` would put it right. */
const rawGet = async (path: string) => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(server.url, { path, agent: false }, resolve).once('error', reject).end();
  });
  return { statusCode: response.statusCode, headers: response.headers, body: await json(response) };
};
