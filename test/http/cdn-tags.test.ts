import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HeldRenders } from '../support/held-renders.js';
import { changeImage, deleteImage, uploadAddressedImage, uploadImage } from '../support/image-operations.js';
import { bearer, makeKey } from '../support/keys.js';
import { newPhoto } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

const signingKey = 'first-key-first-key-first-key-32';
/** printf %s 3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb | sha256sum | cut -c1-16 */
const accountTag = 'account-8a65deb888f865bc';
const both = { CDN_TAGS: 'cache-tag,surrogate-key' };
const names = ['cache-tag', 'surrogate-key', 'cdn-cache-control', 'surrogate-control'];

const start = async (variables: Record<string, string> = {}) => {
  const renders = new HeldRenders();
  const server = await startTestServer({ ...both, ...variables }, { processor: renders.processor });
  onTestFinished(() => server.close());
  return { server, renders };
};

const toggle = (server: TestServer, name: 'disableImage' | 'enableImage', id: string) =>
  server.query(`mutation($id: ID!) { ${name}(input: { id: $id }) { __typename } }`, { id });

const forCdn = ({ headers }: Response) =>
  Object.fromEntries(names.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)]] : [])));
const tagsOf = (publicId: string) => [`images`, accountTag, `image-${publicId}`];
const tagged = (publicId: string) => ({
  'cache-tag': tagsOf(publicId).join(','),
  'surrogate-key': tagsOf(publicId).join(' '),
});
const notKept = { 'cdn-cache-control': 'no-store, max-age=0', 'surrogate-control': 'no-store, max-age=0' };

/** The first GET goes through Fastify, the second past it. */
const everyWay = async (url: string): Promise<Record<string, Response>> => {
  const head = await fetch(url, { method: 'HEAD' });
  const long = await fetch(url);
  const short = await fetch(url);
  const etag = String(short.headers.get('etag'));
  const notModified = await fetch(url, { headers: { 'if-none-match': etag } });
  const longNotModified = await fetch(`${url}${url.includes('?') ? '&' : '?'}enlarge=0`, {
    headers: { 'if-none-match': etag },
  });
  expect([long.status, short.status, notModified.status, longNotModified.status]).toEqual([200, 200, 304, 304]);
  return { head, long, short, notModified, longNotModified };
};

test('a 200, a 304 and a HEAD have the tags of the image and its account, in the form of each CDN, on both ways', async () => {
  const { server } = await start();
  const { link, url, publicId } = await uploadImage(server, await newPhoto());
  for (const asked of [`${link}?size=40x40`, link, url, `${link}?format=png`]) {
    for (const response of Object.values(await everyWay(asked))) {
      expect(forCdn(response)).toEqual(tagged(publicId));
    }
  }
});

test('each header is sent only if it is configured', async () => {
  for (const name of ['cache-tag', 'surrogate-key'] as const) {
    const { server } = await start({ CDN_TAGS: name });
    const { link, publicId } = await uploadImage(server, await newPhoto());
    expect(forCdn(await fetch(link))).toEqual({ [name]: tagged(publicId)[name] });
  }
});

test('tags change neither the ETag nor what browsers keep, and without CDN_TAGS there are none', async () => {
  const bytes = await newPhoto();
  const seen = await Promise.all(
    ['off', both.CDN_TAGS].map(async (tags) => {
      const { server } = await start({ CDN_TAGS: tags });
      const { link, url, id } = await uploadImage(server, bytes);
      await toggle(server, 'disableImage', id);
      await toggle(server, 'enableImage', id);
      const responses = [...Object.values(await everyWay(link)), ...Object.values(await everyWay(url))];
      if (tags === 'off') for (const response of responses) expect(forCdn(response)).toEqual({});
      return responses.map(({ headers }) =>
        [...headers].filter(([name]) => ![...names, 'date', 'x-request-id', 'server-timing'].includes(name)),
      );
    }),
  );
  expect(seen[0]).toEqual(seen[1]);
});

test('a CDN that hears of each change keeps responses until then, but not those that change without one', async () => {
  const presets = join(await useTempFolder(), 'presets.json');
  await writeFile(presets, '{"card":{"size":"20x20"}}');
  const { server } = await start({ CDN_PURGE_URL: 'http://127.0.0.1:9/purge', PRESETS: presets });
  const { link, url, id, publicId } = await uploadImage(server, await newPhoto());
  const untilPurged = { 'cdn-cache-control': 'max-age=31536000', 'surrogate-control': 'max-age=31536000' };
  for (const asked of [link, `${link}?size=20x20`, url]) {
    for (const response of Object.values(await everyWay(asked))) {
      expect(forCdn(response)).toEqual({ ...tagged(publicId), ...untilPurged });
    }
  }
  // the operator may redefine a preset
  expect(forCdn(await fetch(`${link}?preset=card`))).toEqual(tagged(publicId));
  await toggle(server, 'disableImage', id);
  expect(forCdn(await fetch(link))).toEqual(notKept);
});

test('errors have no tags, and no cache keeps them', async () => {
  const { server } = await start();
  const { link, id } = await uploadImage(server, await newPhoto());
  const errors = [
    await fetch(`${link}?size=wide`),
    await fetch(link, { headers: { accept: 'text/html' } }),
    await fetch(link, { headers: { 'if-match': '"other"' } }),
    await fetch(`${server.url}/images/AAAAAAAAAAAAAAAAAAAAA`),
  ];
  await deleteImage(server, id);
  errors.push(await fetch(link), await fetch(link, { method: 'HEAD' }));
  expect(errors.map(({ status }) => status)).toEqual([400, 406, 412, 404, 404, 404]);
  for (const response of errors) {
    expect(forCdn(response)).toEqual({});
    expect(response.headers.get('cache-control')).toBe('no-store');
  }
});

test('a CDN keeps nothing of a disabled image, until it is enabled', async () => {
  const { server } = await start();
  const { link, id, publicId } = await uploadImage(server, await newPhoto());
  await toggle(server, 'disableImage', id);
  for (const response of Object.values(await everyWay(link))) expect(forCdn(response)).toEqual(notKept);
  await toggle(server, 'enableImage', id);
  for (const response of Object.values(await everyWay(link))) expect(forCdn(response)).toEqual(tagged(publicId));
});

test('a CDN keeps what a URL serves that is signed for ever, and not what one serves that expires', async () => {
  const { server } = await start({ TRANSFORMS: 'signed', SIGNING_KEYS: signingKey });
  const { url, link, publicId } = await uploadImage(server, await newPhoto());
  for (const signed of [url, link]) expect(forCdn(await fetch(signed))).toEqual(tagged(publicId));
  const target = `/images/${publicId}?exp=${Math.floor(Date.now() / 1000) + 3_600}&size=40x40`;
  const expiring = `${server.url}${target}&sig=${createHmac('sha256', signingKey).update(target).digest('base64url')}`;
  for (const _ of [1, 2]) {
    const response = await fetch(expiring);
    expect(response.status).toBe(200);
    expect(forCdn(response)).toEqual(notKept);
  }
});

test('originals have no tags, and shared caches do not keep them, whether by a key or a signature', async () => {
  const { server } = await start();
  const { id, originalUrl } = await uploadImage(server, await newPhoto());
  const { data } = await server.query('query($id: ID!) { image(by: { id: $id }) { signedOriginalUrl { url } } }', {
    id,
  });
  for (const url of [originalUrl, data.image.signedOriginalUrl.url]) {
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(forCdn(response)).toEqual({});
    expect(response.headers.get('cache-control')).toContain('private');
  }
});

test("Glean's public images have the same tags, and what a key shows has none", async () => {
  const { server } = await start({ AUTH: 'keys', GLEAN_ACCOUNT_ID: accountId });
  const key = await makeKey(server, { account: accountId, scopes: ['images.read', 'images.write'] });
  const withKey = {
    ...server,
    upload: ((document, variables, files) =>
      server.upload(document, variables, files, bearer(key))) as typeof server.upload,
  };
  const entityId = '11111111-2222-4333-8444-555555555555';
  const { publicId } = await uploadAddressedImage(withKey, { type: 'LOGO', entityId }, await newPhoto());
  const { data } = await server.query(
    'query($id: String!) { image(by: { publicId: $id }) { metadata { key } } }',
    { id: publicId },
    bearer(key),
  );
  expect(data.image.metadata.key).toEqual(expect.any(String));
  const url = `${server.url}/api/v1/images?key=${encodeURIComponent(data.image.metadata.key)}`;
  const shown = await fetch(url);
  expect([shown.status, forCdn(shown)]).toEqual([200, tagged(publicId)]);
  const head = await fetch(url, { method: 'HEAD' });
  expect(forCdn(head)).toEqual(tagged(publicId));
  const known = await fetch(url, { headers: { 'if-none-match': String(shown.headers.get('etag')) } });
  expect([known.status, forCdn(known)]).toEqual([304, tagged(publicId)]);
  const own = await fetch(url, { headers: bearer(key) });
  expect([own.status, forCdn(own)]).toEqual([200, {}]);
  const missing = await fetch(`${server.url}/api/v1/images?type=LOGO&entityId=${accountId}`);
  expect([missing.status, forCdn(missing)]).toEqual([404, {}]);
  expect(missing.headers.get('cache-control')).toBe('no-store');
});

test('what was rendered from an image that is replaced or deleted meanwhile is kept by no CDN', async () => {
  const { server, renders } = await start();
  for (const change of ['replace', 'delete'] as const) {
    const { id, link } = await uploadImage(server, await newPhoto());
    renders.begun = 0;
    renders.hold();
    const late = fetch(`${link}?size=30x30`);
    await expect.poll(() => renders.begun).toBe(1);
    if (change === 'delete') await deleteImage(server, id);
    else await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id }, await newPhoto());
    renders.release();
    const response = await late;
    expect(response.status).toBe(200);
    expect(forCdn(response)).toEqual(notKept);
  }
});
