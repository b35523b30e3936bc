import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openEventStream } from '../support/event-stream.js';
import {
  type GleanImage,
  gleanToken,
  type MoovImage,
  metalImage,
  metalKey,
  metalToken,
  moovImage,
  moovImages,
  moovKeys,
  moovToken,
  startGlean,
  startMetal,
  startMoov,
} from '../support/foreign-apis.js';
import { uploadImage } from '../support/image-operations.js';
import { runTool, runVerify } from '../support/run-tool.js';
import { plainPng } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 120_000 });

const credentials = {
  UPSTREAM_MOOV_PUBLIC_KEY: moovKeys.publicKey,
  UPSTREAM_MOOV_SECRET_KEY: moovKeys.secretKey,
  UPSTREAM_METAL_HMAC_KEY: metalKey,
  UPSTREAM_GLEAN_TOKEN: gleanToken,
};

const importInto = (folder: string, ...args: string[]) =>
  runTool('cli/import', args, { DATA_DIR: folder, ...credentials });
const spawnImport = (folder: string, ...args: string[]): ChildProcess => {
  const tool = fileURLToPath(new URL('../../dist/tool.cjs', import.meta.url));
  const child = spawn(process.execPath, [tool, 'cli/import', ...args], {
    env: { ...process.env, DATA_DIR: folder, ...credentials },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
};

const importMoov = (folder: string, { url }: { url: string }, ...args: string[]) =>
  importInto(folder, 'moov', '--account', accountId, '--from', url, ...args);

const everything = `{ images(accountId: "${accountId}", first: 200) { nodes {
  imageId publicId sha256 createdOn updatedOn disabledOn metadata { altText } } } }`;

const startServer = async (folder: string) => {
  const server = await startTestServer({ DATA_DIR: folder });
  onTestFinished(() => server.app.close());
  return server;
};

/** What a server on the folder shows of the account, by image id. */
const seenIn = async (folder: string) => {
  const server = await startTestServer({ DATA_DIR: folder });
  const { data } = await server.query(everything);
  await server.app.close();
  return new Map<string, Record<string, unknown>>(
    data.images.nodes.map((node: { imageId: string }) => [node.imageId, node]),
  );
};

const fileRequests = (requests: readonly string[]) => requests.filter((url) => url.startsWith('/images/'));

test('the images of a Moov account come with their ids, dates, texts and states, over all pages, and cost no download again', async () => {
  const images = await moovImages(45);
  const [first, second] = images as [MoovImage, MoovImage];
  first.altText = 'Ein rotes Fahrrad, größer';
  const moov = await startMoov(accountId, images, 20);
  const folder = await useTempFolder();
  const run = await importMoov(folder, moov);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout).toContain('45 created, 0 updated, 0 unchanged, 0 removed, 0 refused.');
  expect(run.stdout).toContain('at most 2048 pixels a side');
  const seen = await seenIn(folder);
  expect(seen.size).toBe(45);
  for (const { imageID, publicID, createdOn, updatedOn, altText = null } of images) {
    expect(seen.get(imageID)).toMatchObject({
      publicId: publicID,
      createdOn,
      updatedOn,
      disabledOn: null,
      metadata: { altText },
    });
  }
  moov.requests.length = 0;
  expect((await importMoov(folder, moov)).stdout).toContain('0 created, 0 updated, 45 unchanged');
  expect(fileRequests(moov.requests)).toEqual([]);
  // new bytes, a new text, and a disabling, which removes the image from the list
  Object.assign(first, {
    updatedOn: '2026-01-01T00:00:00.000Z',
    bytes: await plainPng({ width: 9, height: 9 }, [1, 2, 3]),
  });
  second.disabledOn = '2026-02-02T00:00:00.000Z';
  expect((await importMoov(folder, moov)).stdout).toContain('0 created, 2 updated, 43 unchanged, 0 removed, 0 refused');
  const after = await seenIn(folder);
  expect(after.get(first.imageID)).toMatchObject({ updatedOn: first.updatedOn });
  expect(after.get(first.imageID)?.['sha256']).not.toBe(seen.get(first.imageID)?.['sha256']);
  expect(after.get(second.imageID)).toMatchObject({ disabledOn: second.disabledOn });
  expect(await runVerify(folder)).toMatchObject({ code: 0, stdout: expect.stringContaining('missing 0, corrupt 0') });
});

test('what passes is tried again: 429 with Retry-After, 503, half a body and a broken connection', async () => {
  const images = await moovImages(4);
  const moov = await startMoov(accountId, images);
  const troubles = [
    (path: string) => path.startsWith('/accounts/'),
    ...images.map(
      ({ publicID }) =>
        (path: string) =>
          path.startsWith(`/images/${publicID}`),
    ),
  ];
  const refusedAt: number[] = [];
  const behaviours: ((response: import('node:http').ServerResponse) => void)[] = [
    (response) => response.writeHead(429, { 'retry-after': '2' }).end(),
    (response) => response.writeHead(503).end('busy'),
    (response) => {
      response.writeHead(200, { 'content-type': 'image/png', 'content-length': 1_000 });
      response.write(Buffer.alloc(10), () => response.destroy());
    },
    (response) => response.destroy(),
    (response) => response.writeHead(429, { 'retry-after': new Date(Date.now() + 1_000).toUTCString() }).end(),
  ];
  const pending = new Set(troubles.keys());
  let pausedMs = 0;
  moov.intercept = ({ url = '' }, response) => {
    const index = troubles.findIndex((matches) => matches(url));
    if (index === 0 && refusedAt.length === 1) pausedMs = performance.now() - (refusedAt[0] ?? 0);
    if (index === 0) refusedAt.push(performance.now());
    if (!pending.delete(index)) return false;
    behaviours[index]?.(response);
    return true;
  };
  const folder = await useTempFolder();
  const run = await importMoov(folder, moov);
  expect(run.stdout).toContain('4 created');
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(pending.size).toBe(0);
  expect(pausedMs).toBeGreaterThanOrEqual(2_000);
});

test('what cannot be imported is named with its reason, and stops nothing else', async () => {
  const images = await moovImages(7);
  const [good, html, text, gif, strange, twice, owned] = images as [
    MoovImage,
    MoovImage,
    MoovImage,
    MoovImage,
    MoovImage,
    MoovImage,
    MoovImage,
  ];
  Object.assign(html, { type: 'text/html', bytes: Buffer.from('<html>') });
  Object.assign(text, { bytes: Buffer.from('this is no image at all') });
  Object.assign(gif, { bytes: Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1') });
  strange.publicID = '../../etc/passwd';
  const folder = await useTempFolder();
  const server = await startServer(folder);
  const own = await uploadImage(server, twice.bytes);
  owned.imageID = own.imageId;
  const moov = await startMoov(accountId, images);
  const { code, stdout } = await importMoov(folder, moov);
  expect(code).toBe(1);
  const lineOf = (id: string) => stdout.split('\n').find((line) => line.startsWith('refused') && line.includes(id));
  expect(lineOf(html.imageID)).toContain('responded with text/html instead of an image');
  expect(lineOf(text.imageID)).toContain('not an image that is known here');
  expect(lineOf(gif.imageID)).toContain('GIF');
  expect(lineOf(strange.imageID)).toContain('publicID');
  expect(lineOf(twice.imageID)).toContain('already has this image');
  expect(lineOf(owned.imageID)).toContain('was not imported from there');
  expect(stdout).toContain('1 created, 0 updated, 0 unchanged, 0 removed, 6 refused');
  const { data } = await server.query(everything);
  expect(data.images.nodes.map(({ imageId }: { imageId: string }) => imageId).sort()).toEqual(
    [good.imageID, own.imageId].sort(),
  );
});

test('a running server shows what is imported next to it: in lists, to subscribers, and under URLs that it had in memory', async () => {
  const images = await moovImages(2);
  const [image] = images as [MoovImage];
  const moov = await startMoov(accountId, images);
  const folder = await useTempFolder();
  const server = await startServer(folder);
  expect((await server.query(everything)).data.images.nodes).toEqual([]);
  const events = await openEventStream(
    server,
    'subscription($account: UUID!) { imageChanged(accountId: $account) { kind image { imageId } } }',
    { account: accountId },
  );
  onTestFinished(() => events.close());
  expect(await importMoov(folder, moov)).toMatchObject({ code: 0, stderr: '' });
  await vi.waitFor(async () => expect((await server.query(everything)).data.images.nodes).toHaveLength(2), 5_000);
  const bytesOf = async () =>
    Buffer.from(await (await fetch(`${server.url}/images/${image.publicID}?size=8x8&format=png`)).arrayBuffer());
  const before = await bytesOf();
  expect(await bytesOf()).toEqual(before);
  Object.assign(image, {
    updatedOn: '2026-03-03T00:00:00.000Z',
    bytes: await plainPng({ width: 9, height: 9 }, [250, 1, 1]),
  });
  const heard = [await events.next(), await events.next()].map((event) => event?.data);
  expect(heard).toEqual(
    expect.arrayContaining(
      images.map(({ imageID }) => ({ imageChanged: { kind: 'CREATED', image: { imageId: imageID } } })),
    ),
  );
  expect((await importMoov(folder, moov)).stdout).toContain('1 updated, 1 unchanged');
  expect((await events.next())?.data).toEqual({ imageChanged: { kind: 'UPDATED', image: { imageId: image.imageID } } });
  await vi.waitFor(async () => expect(await bytesOf()).not.toEqual(before), 5_000);
});

test('--prune removes what came from there and is gone there, and nothing else; without it, that stays', async () => {
  const images = await moovImages(4);
  const [gone, disabled, kept] = images as [MoovImage, MoovImage, MoovImage];
  const moov = await startMoov(accountId, images);
  const folder = await useTempFolder();
  const server = await startServer(folder);
  const own = await uploadImage(server, await plainPng({ width: 30, height: 30 }, [9, 9, 9]));
  await server.app.close();
  await importMoov(folder, moov);
  images.splice(0, 1);
  disabled.disabledOn = '2026-02-02T00:00:00.000Z';
  expect((await importMoov(folder, moov)).stdout).toContain('1 gone there and kept here');
  expect((await importMoov(folder, moov, '--prune', '--dry-run')).stdout).toContain('Dry run, nothing was written.');
  expect([...(await seenIn(folder)).keys()]).toContain(gone.imageID);
  // one that was imported from elsewhere is not its business
  const other = await startMoov(accountId, [await moovImage(900)]);
  await importMoov(folder, other);
  expect((await importMoov(folder, moov, '--prune')).stdout).toContain('1 removed, 0 refused');
  const left = await seenIn(folder);
  expect([...left.keys()]).not.toContain(gone.imageID);
  expect([...left.keys()]).toEqual(expect.arrayContaining([own.imageId, disabled.imageID, kept.imageID]));
  expect(left.size).toBe(5);
  // an API that suddenly lists nothing is no reason to remove everything
  images.length = 0;
  const emptied = await importMoov(folder, moov, '--prune');
  expect(emptied).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was removed') });
  expect((await seenIn(folder)).size).toBe(5);
});

test('a dry run says what would happen, fetches no image, and writes nothing', async () => {
  const moov = await startMoov(accountId, await moovImages(3));
  const folder = await useTempFolder();
  const { stdout, code } = await importMoov(folder, moov, '--dry-run');
  expect(stdout).toContain('3 created');
  expect(code).toBe(0);
  expect(fileRequests(moov.requests)).toEqual([]);
  expect((await seenIn(folder)).size).toBe(0);
});

test('an API that is down, or refuses the credentials, ends the run with what it said', async () => {
  const images = await moovImages(2);
  const moov = await startMoov(accountId, images);
  const folder = await useTempFolder();
  const refused = await runTool('cli/import', ['moov', '--account', accountId, '--from', moov.url], {
    DATA_DIR: folder,
  });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('responded with 401') });
  moov.intercept = (_, response) => Boolean(response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'));
  expect((await importMoov(folder, moov)).stderr).toContain('responded with text/html instead of JSON');
  moov.intercept = (_, response) => Boolean(response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end());
  expect((await importMoov(folder, moov)).stderr).toContain('which is not followed');
  moov.intercept = (_, response) => Boolean(response.writeHead(429, { 'retry-after': '86400' }).end());
  expect((await importMoov(folder, moov)).stderr).toContain('responded with 429');
});

const importMetal = (folder: string, { url }: { url: string }, ...args: string[]) =>
  importInto(folder, 'metal', '--from', `${url}/metal/`, ...args);

test('metal images come by signed requests with their ids and dates, follow changes, and go only if no machine uses them', async () => {
  const images = [
    metalImage('ubuntu-24.04.20260101'),
    metalImage('firewall-3.0.20260101', { features: ['firewall', 'machine'], classification: '' }),
    metalImage('noversion'),
  ];
  const metal = await startMetal(images);
  const folder = await useTempFolder();
  const first = await importMetal(folder, metal);
  expect(first.code).toBe(1);
  expect(first.stdout).toContain('refused    noversion');
  expect(first.stdout).toContain('2 created, 0 updated, 0 unchanged, 0 removed, 1 refused');
  images.pop();
  images[0]?.features.push('firewall');
  images[1]?.features.reverse();
  expect((await importMetal(folder, metal)).stdout).toContain('0 created, 1 updated, 1 unchanged');
  const server = await startServer(folder);
  const list = '{ metalImages { nodes { imageId name features createdOn updatedOn classification } } }';
  const { data } = await server.query(list);
  expect(data.metalImages.nodes).toEqual([
    expect.objectContaining({ imageId: 'firewall-3.0.20260101', classification: 'PREVIEW' }),
    expect.objectContaining({
      imageId: 'ubuntu-24.04.20260101',
      createdOn: '2021-02-03T02:05:06.123Z',
      updatedOn: '2022-03-04T05:06:07.500Z',
      features: ['MACHINE', 'FIREWALL'],
    }),
  ]);
  await server.query(
    'mutation { setMetalImageUse(input: { machineId: "m1", imageId: "firewall-3.0.20260101" }) { __typename } }',
  );
  images.splice(0, 2, metalImage('debian-12.0.20260101'));
  const pruned = await importMetal(folder, metal, '--prune');
  expect(pruned.stdout).toContain('1 created, 0 updated, 0 unchanged, 1 removed, 1 refused');
  expect(pruned.stdout).toContain('m1');
});

test('a token authenticates at Moov and at metal-stack in the place of keys', async () => {
  const moov = await startMoov(accountId, await moovImages(1));
  const metal = await startMetal([metalImage('alma-9.4.20260101')]);
  const folder = await useTempFolder();
  const run = (variables: Record<string, string>, ...args: string[]) =>
    runTool('cli/import', args, { DATA_DIR: folder, ...variables });
  const fromMoov = ['moov', '--account', accountId, '--from', moov.url];
  const fromMetal = ['metal', '--from', `${metal.url}/metal`];
  expect((await run({ UPSTREAM_MOOV_TOKEN: moovToken }, ...fromMoov)).stdout).toContain('1 created');
  expect((await run({ UPSTREAM_METAL_TOKEN: metalToken }, ...fromMetal)).stdout).toContain('1 created');
  const refused = await run({ UPSTREAM_METAL_TOKEN: 'a-wrong-secret' }, ...fromMetal);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('responded with 403') });
  expect(refused.stdout + refused.stderr).not.toContain('a-wrong-secret');
});

test("Glean's images come by their keys and addresses, and an ETag or the same bytes make them unchanged", async () => {
  const key = Buffer.from('{"type":"UGC","id":"0","cid":"a/b","ext":".png"}').toString('base64');
  const bytes = await plainPng({ width: 9, height: 9 }, [1, 1, 1]);
  const images: GleanImage[] = [
    { query: { key }, bytes, etag: '"v1"' },
    { query: { type: 'USER', id: '42' }, bytes },
  ];
  const glean = await startGlean(images);
  const folder = await useTempFolder();
  const keys = join(folder, 'keys.txt');
  const addresses = join(folder, 'addresses.txt');
  await writeFile(keys, `${key}\n\nno key\n${key}\n`);
  await writeFile(addresses, '{"type":"USER","id":"42"}\n{"type":"USER","id":"43"}\n{"type":"PET"}\n{\n');
  const importGlean = (...args: string[]) =>
    importInto(folder, 'glean', '--account', accountId, '--from', glean.url, ...args);
  const byKey = await importGlean('--keys', keys);
  expect(byKey).toMatchObject({ code: 1, stdout: expect.stringContaining('1 created') });
  expect(byKey.stdout).toContain('refused    no key');
  const byAddress = await importGlean('--addresses', addresses);
  expect(byAddress.stdout).toContain('1 created, 0 updated, 0 unchanged, 0 removed, 3 refused');
  expect(byAddress.stdout).toContain('responded with 404');
  expect((await importGlean('--keys', keys)).stdout).toContain('0 updated, 1 unchanged');
  expect((await importGlean('--addresses', addresses)).stdout).toContain('0 updated, 1 unchanged');
  Object.assign(images[0] ?? {}, { etag: '"v2"', bytes: await plainPng({ width: 7, height: 7 }, [2, 2, 2]) });
  expect((await importGlean('--keys', keys)).stdout).toContain('1 updated, 0 unchanged');
  const server = await startServer(folder);
  const { data } = await server.query(
    `{ images(accountId: "${accountId}") { nodes { width metadata { address { type entityId cid } } } } }`,
  );
  expect(data.images.nodes).toEqual(
    expect.arrayContaining([
      { width: 7, metadata: { address: { type: 'UGC', entityId: '0', cid: 'a/b' } } },
      { width: 9, metadata: { address: { type: 'USER', entityId: '42', cid: null } } },
    ]),
  );
});

test('an import that is killed in the middle goes on where it stopped, and leaves neither half an image nor a file', async () => {
  const images = await moovImages(12);
  const moov = await startMoov(accountId, images);
  const folder = await useTempFolder();
  // the first eight files are served, the others never end
  moov.intercept = ({ url = '' }, response) => {
    if (!url.startsWith('/images/') || fileRequests(moov.requests).length <= 8) return false;
    response.writeHead(200, { 'content-type': 'image/png', 'content-length': 10_000 });
    response.write(Buffer.alloc(5_000));
    return true;
  };
  const child = spawnImport(folder, 'moov', '--account', accountId, '--from', moov.url);
  await vi.waitFor(() => expect(fileRequests(moov.requests)).toHaveLength(12), 30_000);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  const before = (await seenIn(folder)).size;
  expect(before).toBe(8);
  moov.intercept = () => false;
  moov.requests.length = 0;
  expect((await importMoov(folder, moov)).stdout).toContain('4 created, 0 updated, 8 unchanged');
  expect(fileRequests(moov.requests)).toHaveLength(4);
  expect((await readdir(join(folder, 'import'))).filter((name) => name.endsWith('.upload'))).toEqual([]);
  expect((await seenIn(folder)).size).toBe(12);
  expect(await runVerify(folder)).toMatchObject({ code: 0, stdout: expect.stringContaining('checked: 12 (missing 0') });
});

test('--every mirrors what changes, goes on after a failure, admits no second import, and ends at SIGTERM with 0', async () => {
  const images = await moovImages(1);
  const moov = await startMoov(accountId, images);
  const folder = await useTempFolder();
  const child = spawnImport(folder, 'moov', '--account', accountId, '--from', moov.url, '--prune', '--every', '1s');
  const lines: string[] = [];
  child.stdout?.on('data', (text) => lines.push(String(text)));
  const printed = (text: string) => vi.waitFor(() => expect(lines.join('')).toContain(text), 30_000);
  await printed('1 created');
  expect(await importMoov(folder, moov)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Another import runs'),
  });
  moov.intercept = (_, response) => Boolean(response.writeHead(403).end());
  await printed('0 created, 0 updated, 0 unchanged');
  images.push(await moovImage(2));
  moov.intercept = () => false;
  await printed('1 created, 0 updated, 1 unchanged');
  images.splice(0, 1);
  await printed('1 removed');
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

test("our own server is such an API too: Moov's and metal-stack's images move from one to the other", async () => {
  const source = await startTestServer();
  onTestFinished(() => source.close());
  const uploaded = await uploadImage(source, await plainPng({ width: 20, height: 10 }, [5, 6, 7]), { altText: 'five' });
  await source.query(`mutation { createMetalImage(input: {
    imageId: "alma-9.4.20260101", url: "http://images.example.com/a" }) { __typename } }`);
  const folder = await useTempFolder();
  expect(await importMoov(folder, source)).toMatchObject({ code: 0, stdout: expect.stringContaining('1 created') });
  expect(await importMetal(folder, source)).toMatchObject({ code: 0, stdout: expect.stringContaining('1 created') });
  const seen = await seenIn(folder);
  expect(seen.get(uploaded.imageId)).toMatchObject({
    publicId: uploaded.publicId,
    createdOn: uploaded.createdOn,
    metadata: { altText: 'five' },
  });
});

test.each([
  [[], 'moov, metal or glean'],
  [['glean', '--from', 'http://127.0.0.1:9', '--account', accountId], '--keys or --addresses'],
  [['glean', '--from', 'http://127.0.0.1:9', '--prune'], 'has no list'],
  [['moov'], '--account must be'],
  [['moov', '--account', 'x'], '--account must be'],
  [['metal'], '--from needs'],
  [['metal', '--from', 'ftp://a'], 'http or https'],
  [['metal', '--from', 'http://user:secret@127.0.0.1'], 'no credentials'],
  [['metal', '--from', 'http://127.0.0.1:9', '--every', '0s'], '--every accepts'],
  [['metal', '--from', 'http://127.0.0.1:9', '--fast'], 'fast'],
])('%j is refused with what is accepted', async (args, reason) => {
  const { code, stderr } = await importInto(await useTempFolder(), ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(reason);
  expect(stderr).not.toContain('secret@');
});
