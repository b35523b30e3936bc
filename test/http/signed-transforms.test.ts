import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deleteImage, uploadImage } from '../support/image-operations.js';
import { decode, photoJpeg } from '../support/sample-images.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const key = 'first-key-first-key-first-key-32';
const olderKey = 'older-key-older-key-older-key-32';

/** As docs/delivery.md says it, by nothing of ours. */
const sign = (target: string, by = key): string => {
  const signature = createHmac('sha256', by).update(target).digest('base64url');
  return `${target}${target.includes('?') ? '&' : '?'}sig=${signature}`;
};

let now = new Date('2030-01-01T00:00:00Z');
const inSeconds = (seconds: number): number => now.getTime() / 1000 + seconds;

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let presetsPath: string;
beforeAll(async () => {
  folder = await makeTempFolder();
  presetsPath = join(folder.path, 'presets.json');
  await writeFile(
    presetsPath,
    JSON.stringify({ card: { size: '64x48', format: 'webp', quality: 70 }, 'wide-1': { size: '90x30' } }),
  );
});
afterAll(() => folder.remove());

interface Uploaded {
  readonly id: string;
  readonly link: string;
  readonly url: string;
  readonly publicId: string;
}

/** A server with an image, and what it reads and renders after that. */
const startWithImage = async (variables: Record<string, string>) => {
  const seen = { renders: 0 };
  const server = await startTestServer(variables, {
    now: () => now,
    processor: (real) => ({
      inspect: (path) => real.inspect(path),
      render: (source, plan) => {
        seen.renders += 1;
        return real.render(source, plan);
      },
    }),
  });
  const image: Uploaded = await uploadImage(server, await photoJpeg({ width: 120, height: 90 }));
  return { server, image, seen };
};

const query = async (server: TestServer, id: string, fields: string) => {
  const { data, errors } = await server.query(`query($id: ID!) { image(by: { id: $id }) { ${fields} } }`, { id });
  return { image: data?.image, errors };
};

const forbidden = {
  status: 403,
  cacheControl: 'no-store',
  body: { error: 'This URL is not signed, or was changed after it was signed. Use it exactly as it was issued.' },
};

const responseOf = async (url: string, init: RequestInit = {}) => {
  const response = await fetch(url, init);
  return {
    status: response.status,
    cacheControl: response.headers.get('cache-control'),
    body: await response.json(),
  };
};

describe('where transforms must be signed', () => {
  let server: TestServer;
  let image: Uploaded;
  let seen: { renders: number };
  beforeAll(async () => {
    ({ server, image, seen } = await startWithImage({
      TRANSFORMS: 'signed',
      PRESETS: presetsPath,
      SIGNING_KEYS: `${key},${olderKey}`,
    }));
  });
  afterAll(() => server.close());
  beforeEach(() => {
    now = new Date('2030-01-01T00:00:00Z');
  });
  const at = (target: string): string => `${server.url}${target}`;

  test('every URL of GraphQL and of the vendors is signed, and served', async () => {
    const { image: found } = await query(
      server,
      image.id,
      `link url small: url(transform: { width: 20, format: PNG }) card: url(preset: "card")
       variant(transform: { width: 33, height: 11, focusPoint: { x: 0.1, y: 0.9 } }) { url width height }
       srcset(widths: [10, 20, 30])`,
    );
    const listed = await fetch(at(`/accounts/3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb/images`));
    const [{ link }] = (await listed.json()) as [{ link: string }];
    expect(link).toBe(found.link);
    const candidates = found.srcset.split(', ').map((candidate: string) => candidate.split(' ')[0]);
    expect(candidates).toHaveLength(3);
    for (const url of [found.link, found.url, found.small, found.card, found.variant.url, ...candidates]) {
      const target = url.slice(server.url.length);
      expect(target).toBe(sign(target.replace(/[?&]sig=.*$/, '')));
      const response = await fetch(url);
      expect(response.status).toBe(200);
      await response.arrayBuffer();
    }
    const { width, height } = await decode(new Uint8Array(await (await fetch(found.variant.url)).arrayBuffer()));
    expect({ width, height }).toMatchObject({ width: found.variant.width, height: found.variant.height });
  });

  test('every tampered URL gets one and the same 403, and nothing is looked up or rendered for it', async () => {
    const path = `/images/${image.publicId}`;
    const signed = sign(`${path}/photo.jpg?format=webp&size=40x30&v=1`);
    const signature = signed.slice(-43);
    const flipped = signature.startsWith('A') ? 'B' : 'A';
    const tampered = [
      path,
      `${path}/photo.jpg`,
      `${path}?size=40x30`,
      `${path}?size=40x30&sig=`,
      `${path}?size=0x0&sig=${signature}`,
      `${path}?preset=card`,
      `${path}?nonsense=1&size=x`,
      signed.replace('40x30', '41x30'),
      signed.replace('photo', 'other'),
      signed.replace('format=webp&size=40x30', 'size=40x30&format=webp'),
      signed.replace('webp', '%77ebp'),
      signed.replace('webp', '%2577ebp'),
      signed.replace('photo.jpg', 'photo%2Ejpg'),
      signed.replace('sig=', '%73ig='),
      signed.replace(signature, flipped + signature.slice(1)),
      signed.replace(signature, signature.slice(0, -1)),
      `${signed}&v=1`,
      `${signed}&`,
      `${signed}&sig=${signature}`,
      signed.replace('?', '?&'),
      sign(`${path}?size=40x30`, 'another-key-another-key-another!'),
      // also for images that do not exist, so that nobody learns which do
      sign(`/images/${'x'.repeat(21)}?size=40x30`, olderKey.toUpperCase()),
      `/images/${'x'.repeat(21)}?size=40x30&sig=${signature}`,
      '/images/none?size=40x30',
    ];
    const [sqlBefore, rendersBefore] = [server.sql.length, seen.renders];
    for (const target of tampered) expect([target, await responseOf(at(target))]).toEqual([target, forbidden]);
    for (const headers of [{ 'if-none-match': '*' }, { 'if-match': '"x"' }]) {
      expect(await responseOf(at(`${path}?size=40x30`), { headers })).toEqual(forbidden);
    }
    const head = await fetch(at(`${path}?size=40x30`), { method: 'HEAD' });
    expect(head.status).toBe(403);
    expect(server.sql.length).toBe(sqlBefore);
    expect(seen.renders).toBe(rendersBefore);
    expect((await fetch(at(signed))).status).toBe(200);
  });

  test('a URL that was signed by the older of two keys is served', async () => {
    expect((await fetch(at(sign(`/images/${image.publicId}?size=12x12`, olderKey)))).status).toBe(200);
  });

  test('a signed query that is malformed is a 400 that says so, and an unknown image a 404', async () => {
    const path = `/images/${image.publicId}`;
    const refused = await responseOf(at(sign(`${path}?size=x`)));
    expect(refused).toMatchObject({ status: 400, body: { error: expect.stringContaining('WIDTHxHEIGHT') } });
    for (const expiry of ['exp=', 'exp=soon', 'exp=-1', 'exp=1e9', 'exp=1&exp=9999999999']) {
      const { status, body } = await responseOf(at(sign(`${path}?${expiry}&size=10x10`)));
      expect([expiry, status, body]).toEqual([expiry, 400, { error: expect.stringContaining('exp: ') }]);
    }
    expect((await fetch(at(sign(`/images/${'x'.repeat(21)}?size=10x10`)))).status).toBe(404);
  });

  test('no cache keeps an image longer than its URL works, and after that it is a 403 that none keeps', async () => {
    const path = `/images/${image.publicId}`;
    const fixed = at(sign(`${path}?exp=${inSeconds(1_000)}&size=30x30&v=1`));
    const changing = at(sign(`${path}?exp=${inSeconds(1_000)}&size=30x30`));
    const soon = at(sign(`${path}?exp=${inSeconds(10)}&size=30x30`));
    const distant = at(sign(`${path}?exp=${inSeconds(100_000_000)}&size=30x30&v=1`));
    const cacheControlOf = async (url: string): Promise<string | null> => {
      const response = await fetch(url);
      expect(response.status).toBe(200);
      await response.arrayBuffer();
      const etag = response.headers.get('etag') ?? '';
      const again = await fetch(url, { headers: { 'if-none-match': etag } });
      expect(again.status).toBe(304);
      expect(again.headers.get('cache-control')).toBe(response.headers.get('cache-control'));
      return response.headers.get('cache-control');
    };
    expect(await cacheControlOf(fixed)).toBe('public, max-age=1000');
    expect(await cacheControlOf(changing)).toBe('public, max-age=300');
    expect(await cacheControlOf(soon)).toBe('public, max-age=10');
    expect(await cacheControlOf(distant)).toBe('public, max-age=31536000');

    now = new Date(now.getTime() + 990_500);
    expect(await cacheControlOf(fixed)).toBe('public, max-age=9');
    now = new Date(now.getTime() + 9_500);
    const expired = { status: 403, cacheControl: 'no-store', body: { error: expect.stringContaining('expired') } };
    expect(await responseOf(fixed)).toEqual(expired);
    expect(await responseOf(fixed, { headers: { 'if-none-match': '*' } })).toEqual(expired);
    // the time is signed too
    expect(await responseOf(fixed.replace(/exp=\d+/, `exp=${inSeconds(500)}`))).toEqual(forbidden);
  });

  test('a deleted image has no URL that works', async () => {
    const gone: Uploaded = await uploadImage(server, await photoJpeg({ width: 50, height: 40 }));
    expect((await fetch(gone.url)).status).toBe(200);
    await deleteImage(server, gone.id);
    expect((await fetch(gone.url)).status).toBe(404);
  });
});

describe('where only presets may be requested', () => {
  let server: TestServer;
  let image: Uploaded;
  let seen: { renders: number };
  beforeAll(async () => {
    ({ server, image, seen } = await startWithImage({
      TRANSFORMS: 'presets',
      PRESETS: presetsPath,
      SIGNING_KEYS: key,
    }));
  });
  afterAll(() => server.close());

  test('a preset is served by its name and by its parameters, with one ETag', async () => {
    const etags = new Set<string | null>();
    for (const given of ['preset=card', 'preset=card&v=1', 'v=1&preset=card', 'size=64x48&format=webp&quality=70']) {
      const response = await fetch(`${image.link}?${given}`);
      expect([given, response.status, response.headers.get('content-type')]).toEqual([given, 200, 'image/webp']);
      const { width, height } = await decode(new Uint8Array(await response.arrayBuffer()));
      expect({ width, height }).toEqual({ width: 64, height: 48 });
      etags.add(response.headers.get('etag'));
    }
    expect(etags.size).toBe(1);
  });

  test('what a name stands for may change, so only the URL with the parameters is cached forever', async () => {
    const named = await fetch(`${image.link}?preset=card&v=1`);
    expect(named.headers.get('cache-control')).toBe('public, max-age=300, stale-while-revalidate=3600');
    const { image: found } = await query(
      server,
      image.id,
      'card: url(preset: "card") variant(preset: "card") { url width height }',
    );
    expect(found.card).toContain('?size=64x48&format=webp&quality=70&v=1');
    expect(found.variant).toEqual({ url: found.card, width: 64, height: 48 });
    expect((await fetch(found.card)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  test('the link without parameters is served, as the vendors hand it out', async () => {
    expect((await fetch(image.link)).status).toBe(200);
  });

  test('anything else is a 403 that names the presets, and nothing is rendered', async () => {
    const before = seen.renders;
    for (const given of ['size=64x48', 'size=65x48&format=webp&quality=70', 'size=0x0', 'blur=3']) {
      const { status, body } = await responseOf(`${image.link}?${given}`);
      expect([given, status, body]).toEqual([given, 403, { error: expect.stringContaining('card, wide-1') }]);
    }
    expect(seen.renders).toBe(before);
  });

  test.each([
    ['preset=nope', 'preset: must be one of card, wide-1.'],
    ['preset=', 'preset: must be one of card, wide-1.'],
    ['preset=card&preset=card', 'preset: must be given once.'],
    ['preset=card&size=64x48', 'preset: cannot be combined with other parameters, except for v.'],
    ['preset=card&v=x', 'v: must be a version of the image'],
  ])('%s is a 400: %s', async (given, message) => {
    const { status, body } = await responseOf(`${image.link}?${given}`);
    expect([status, body]).toEqual([400, { error: expect.stringContaining(message) }]);
  });

  test('GraphQL signs the URL of any other transform, and of no preset', async () => {
    const { image: found } = await query(
      server,
      image.id,
      'url other: url(transform: { width: 33 }) equal: url(transform: { width: 90, height: 30 })',
    );
    for (const url of [found.url, found.other]) expect(url).toMatch(/[&]sig=[\w-]{43}$/);
    expect(found.equal).not.toContain('sig=');
    for (const url of Object.values<string>(found)) expect((await fetch(url)).status).toBe(200);
  });

  test('a preset and a transform, or an unknown preset, are errors that say so', async () => {
    const both = await query(server, image.id, 'url(preset: "card", transform: { width: 33 })');
    expect(both.errors?.[0]).toMatchObject({ message: expect.stringContaining('Excludes transform') });
    const unknown = await query(server, image.id, 'url(preset: "nope")');
    expect(unknown.errors?.[0]).toMatchObject({ message: expect.stringContaining('card, wide-1') });
  });

  test('the presets are listed for everybody, with the query of each', async () => {
    const { data } = await server.query(
      '{ presets { name query width height fit format eager } preset(name: "wide-1") { query } none: preset(name: "x") { query } }',
    );
    expect(data).toEqual({
      presets: [
        {
          name: 'card',
          query: 'size=64x48&format=webp&quality=70',
          width: 64,
          height: 48,
          fit: 'COVER',
          format: 'WEBP',
          eager: false,
        },
        { name: 'wide-1', query: 'size=90x30', width: 90, height: 30, fit: 'COVER', format: 'AUTO', eager: false },
      ],
      preset: { query: 'size=90x30' },
      none: null,
    });
  });
});

describe('with keys', () => {
  test.each(['any', 'presets'])('TRANSFORMS=%s serves signed URLs too, and refuses changed ones', async (rule) => {
    const { server, image } = await startWithImage({ TRANSFORMS: rule, PRESETS: presetsPath, SIGNING_KEYS: key });
    try {
      const target = `/images/${image.publicId}?size=33x33`;
      expect((await fetch(`${server.url}${sign(target)}`)).status).toBe(200);
      expect(await responseOf(`${server.url}${sign(target).replace('33x33', '34x34')}`)).toEqual(forbidden);
      const { image: found } = await query(server, image.id, 'url(transform: { width: 21 }) card: url(preset: "card")');
      expect(found.url.includes('sig=')).toBe(rule === 'presets');
      expect(found.card).not.toContain('sig=');
      for (const url of [found.url, found.card]) expect((await fetch(url)).status).toBe(200);
    } finally {
      await server.close();
    }
  });

  test('without them a signature is an unknown parameter', async () => {
    const { server, image } = await startWithImage({});
    try {
      const { status, body } = await responseOf(`${server.url}${sign(`/images/${image.publicId}?size=33x33`)}`);
      expect([status, body]).toEqual([400, { error: expect.stringContaining('sig: is not a parameter here') }]);
    } finally {
      await server.close();
    }
  });
});
