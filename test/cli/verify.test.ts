import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Progress } from '../../src/cli/progress.js';
import { sharp } from '../../src/pipeline/sharp.js';
import { xmpPacket } from '../fixtures/embedded-texts.js';
import { gifWith, gifXmp } from '../fixtures/gif-file.js';
import { photograph } from '../fixtures/photographs.js';
import { deleteImage, uploadImage } from '../support/image-operations.js';
import { runVerify } from '../support/run-tool.js';
import { photoPng, plainPng } from '../support/sample-images.js';
import { runSql } from '../support/server-stores.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 60_000 });

const photo = (red: number) => plainPng({ width: 8, height: 8 }, [red, 0, 0]);

/** A running server with three images. */
const start = async () => {
  const folder = await useTempFolder();
  const server = await startTestServer({ DATA_DIR: folder });
  let isOpen = true;
  const stop = async (): Promise<void> => {
    if (isOpen) await server.app.close();
    isOpen = false;
  };
  onTestFinished(stop);
  const images = [];
  for (const red of [1, 2, 3]) images.push(await uploadImage(server, await photo(red)));
  const [first, second, third] = images;
  const pathOf = (sha256: string) => join(folder, 'blobs', sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  return { folder, server, stop, first, second, third, pathOf };
};

const allRight = (count: number) =>
  `Originals checked: ${count} (missing 0, corrupt 0, unreadable 0). Unknown files: 0 (older than a day 0, removed 0).`;

/** Bytes under their hash that no image has. */
const putUnknown = async (folder: string, hoursOld: number): Promise<string> => {
  const sha256 = randomBytes(32).toString('hex');
  const path = join(folder, 'blobs', sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  await cp(join(folder, 'blobs', 'store.json'), path, { recursive: true });
  const modifiedOn = new Date(Date.now() - hoursOld * 3_600_000);
  await utimes(path, modifiedOn, modifiedOn);
  return path;
};

test('next to a running server, an installation in order is reported as such, and deleted images are no damage', async () => {
  const { folder, server, first } = await start();
  expect(await runVerify(folder)).toEqual({
    code: 0,
    stdout: `${allRight(3)}\n`,
    stderr: '',
  });
  await deleteImage(server, first.id);
  expect(await runVerify(folder)).toEqual({
    code: 0,
    stdout: `${allRight(2)}\n`,
    stderr: '',
  });
});

test('missing, cut, rotten and unreadable originals are named with their images, and the exit code says so', async () => {
  const { folder, server, first, second, third, pathOf } = await start();
  const fourth = await uploadImage(server, await photo(4));
  await rm(pathOf(first.sha256));
  await writeFile(pathOf(second.sha256), 'cut');
  const rotten = await readFile(pathOf(third.sha256));
  rotten.writeUInt8(rotten.readUInt8(60) ^ 1, 60);
  await writeFile(pathOf(third.sha256), rotten);
  await rm(pathOf(fourth.sha256));
  // opens, and fails at the first read, as a bad block does
  await mkdir(pathOf(fourth.sha256));
  const { code, stdout } = await runVerify(folder);
  expect(code).toBe(1);
  const lineOf = (damage: string, { sha256, imageId }: typeof first) =>
    `${damage.padEnd(10)}  ${sha256}  accounts/${accountId}/images/${imageId}`;
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  expect(lines).toContain(lineOf('missing', first));
  expect(lines).toContain(lineOf('corrupt', second));
  expect(lines).toContain(lineOf('corrupt', third));
  expect(stdout).toContain(`${lineOf('unreadable', fourth)}  (EISDIR`);
  expect(lines.at(-1)).toContain('Originals checked: 4 (missing 1, corrupt 2, unreadable 1).');
});

test('unknown files are counted, and removed only when asked, only when older than a day, and not under a server', async () => {
  const { folder, stop } = await start();
  const [old, recent] = [await putUnknown(folder, 25), await putUnknown(folder, 23)];
  const found = 'Unknown files: 2 (older than a day 1, removed 0).';
  expect(await runVerify(folder)).toMatchObject({ code: 0, stdout: expect.stringContaining(found) });
  const refused = await runVerify(folder, '--remove-unknown');
  expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Another server runs') });
  await readFile(old);
  await stop();
  const removing = await runVerify(folder, '--remove-unknown');
  expect(removing).toMatchObject({ code: 0, stdout: expect.stringContaining('(older than a day 1, removed 1)') });
  await expect(readFile(old)).rejects.toThrow('ENOENT');
  await readFile(recent);
  expect((await runVerify(folder)).stdout).toContain(
    'Originals checked: 3 (missing 0, corrupt 0, unreadable 0). Unknown files: 1 ',
  );
});

test('--adopt does not change a store under a running server', async () => {
  const { folder } = await start();
  const before = await readFile(join(folder, 'blobs', 'store.json'), 'utf8');
  expect(await runVerify(folder, '--adopt')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('Another server runs'),
  });
  expect(await readFile(join(folder, 'blobs', 'store.json'), 'utf8')).toBe(before);
});

test('a backup that is taken under load, the database first, restores whole', async () => {
  const { folder, server, first } = await start();
  const backup = await useTempFolder();
  let isCopied = false;
  const load = (async () => {
    const images = [];
    for (let red = 10; !isCopied && red < 250; red += 1) {
      const image = await uploadImage(server, await photo(red));
      if (red % 2) await deleteImage(server, image.id);
      else images.push(image);
    }
    return images;
  })();
  const copy = join(backup, 'state.db');
  expect(await runVerify(folder, '--copy-database', copy)).toEqual({
    code: 0,
    stdout: `The database ${join(folder, 'state.db')} was copied to ${copy}.\n`,
    stderr: '',
  });
  await deleteImage(server, first.id);
  await mkdir(join(backup, 'blobs'));
  // as docs/operations.md does it
  const copying = 'cp -Rp "$0"/blobs/[0-9a-f][0-9a-f] "$0"/blobs/store.json "$1"/blobs/';
  const [status] = await once(spawn('sh', ['-c', copying, folder, backup], { stdio: 'inherit' }), 'exit');
  isCopied = true;
  await load;
  expect(status).toBe(0);
  const restored = await runVerify(backup);
  expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining('(missing 0, corrupt 0, unreadable 0)') });
  // an image that was deleted after the copy of the database is there again
  const second = await startTestServer({ DATA_DIR: backup });
  onTestFinished(() => second.close());
  expect((await fetch(second.url + new URL(first.originalUrl).pathname)).status).toBe(200);
});

test('a copy of the database never replaces a file, and leaves nothing half written', async () => {
  const { folder } = await start();
  const backup = await useTempFolder();
  await writeFile(join(backup, 'kept'), 'kept');
  for (const target of [join(backup, 'kept'), join(backup, 'missing', 'state.db')]) {
    const { code, stdout, stderr } = await runVerify(folder, '--copy-database', target);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(target);
    expect(stderr).not.toMatch(/^ +at /m);
  }
  expect(await readdir(backup)).toEqual(['kept']);
  expect(await readFile(join(backup, 'kept'), 'utf8')).toBe('kept');
});

test('a pair that does not belong together is refused, so that nothing of it can be removed, until it is adopted', async () => {
  const [mine, other] = [await start(), await start()];
  await Promise.all([mine.stop(), other.stop()]);
  await rm(join(mine.folder, 'state.db'));
  await cp(join(other.folder, 'state.db'), join(mine.folder, 'state.db'));
  const files = await readdir(join(mine.folder, 'blobs'), { recursive: true });
  for (const args of [[], ['--remove-unknown']]) {
    const refused = await runVerify(mine.folder, ...args);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--adopt') });
    expect(refused.stderr).not.toMatch(/^ +at /m);
  }
  expect(await readdir(join(mine.folder, 'blobs'), { recursive: true })).toEqual(files);
  const adopted = await runVerify(mine.folder, '--adopt');
  expect(adopted).toMatchObject({ code: 0, stdout: expect.stringContaining('now belongs to the database') });
  const server = await startTestServer({ DATA_DIR: mine.folder });
  expect((await fetch(server.url + new URL(other.first.originalUrl).pathname)).status).toBe(200);
  await server.app.close();
});

test('--facts inspects what an earlier version inspected, next to a running server that then finds it, and goes on where it was', async () => {
  const folder = await useTempFolder();
  const before = await startTestServer({ DATA_DIR: folder });
  const source = photograph(20_000);
  const image = await uploadImage(before, await source.clone().png().toBuffer());
  const copy = await uploadImage(before, await source.clone().jpeg().toBuffer());
  const lost = await uploadImage(before, await photograph(20_001).png().toBuffer());
  const similarOn = async (server: TestServer) => {
    const { data } = await server.query(
      'query($id: ID!) { node(id: $id) { ... on Image { width perceptualHash similar { image { id } } } } }',
      { id: image.id },
    );
    return data.node;
  };
  const found = await similarOn(before);
  expect(found).toEqual({
    width: 240,
    perceptualHash: expect.any(String),
    similar: [{ image: { id: copy.id } }],
  });
  await before.app.close();
  // as an earlier version left it
  await runSql(before.config, `UPDATE "Blob" SET "fingerprint" = NULL, "factsVersion" = 0; DELETE FROM "ImageHash"`);
  const server = await startTestServer({ DATA_DIR: folder });
  onTestFinished(() => server.app.close());
  expect(await similarOn(server)).toEqual({ width: 240, perceptualHash: null, similar: null });
  const path = join(folder, 'blobs', lost.sha256.slice(0, 2), lost.sha256.slice(2, 4), lost.sha256);
  await writeFile(path, 'rotten');
  const first = await runVerify(folder, '--facts');
  expect(first.stdout).toBe(
    `failed  ${lost.sha256}  The original is corrupt.\nOriginals with older facts: 3. Inspected again: 3 (failed 1).\n`,
  );
  expect(first.code).toBe(1);
  expect(await similarOn(server)).toEqual(found);
  expect((await runVerify(folder, '--facts')).stdout).toContain('Originals with older facts: 1.');
  await rm(path);
  expect((await runVerify(folder, '--facts')).stdout).toContain('The original is missing.');
});

test('--facts finds the texts of an AVIF and a GIF from before, and reads no other format for it', async () => {
  const folder = await useTempFolder();
  const before = await startTestServer({ DATA_DIR: folder });
  const size = { width: 16, height: 12 };
  const xmp = xmpPacket({ altText: { 'x-default': 'A red boat' } });
  const images = [
    await uploadImage(
      before,
      await sharp(await photoPng(size))
        .withXmp(xmp)
        .avif()
        .toBuffer(),
    ),
    await uploadImage(
      before,
      gifWith(
        await sharp(await photoPng(size))
          .gif()
          .toBuffer(),
        [gifXmp(xmp)],
      ),
    ),
    await uploadImage(before, await photo(1)),
  ];
  await before.app.close();
  // as the version left it that read no texts of these formats
  await runSql(before.config, `UPDATE "Blob" SET "embeddedAltText" = NULL, "factsVersion" = 1`);
  const server = await startTestServer({ DATA_DIR: folder });
  onTestFinished(() => server.app.close());
  const altTexts = async () => {
    const { data } = await server.query(
      'query($ids: [ID!]!) { nodes(ids: $ids) { ... on Image { embedded { altText } } } }',
      {
        ids: images.map(({ id }) => id),
      },
    );
    return data.nodes.map((image: { embedded: { altText: string | null } }) => image.embedded.altText);
  };
  expect(await altTexts()).toEqual([null, null, null]);
  expect(await runVerify(folder, '--facts')).toMatchObject({
    code: 0,
    stdout: 'Originals with older facts: 2. Inspected again: 2 (failed 0).\n',
  });
  expect(await altTexts()).toEqual(['A red boat', 'A red boat', null]);
});

test('a database that is not there is not created', async () => {
  const folder = await useTempFolder();
  expect(await runVerify(folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no database at'),
  });
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  [['--adopt', '--remove-unknown']],
  [['--copy-database', '']],
  [['--copy-database', 'x', '--adopt']],
  [['--facts', '--remove-unknown']],
  [['--facts', '--adopt']],
  [['--wrong']],
  [['more']],
])('%j is refused with the usage', async (args) => {
  const { code, stdout, stderr } = await runVerify(await useTempFolder(), ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('npm run verify');
});

test('progress is a bar on a terminal and plain lines elsewhere', () => {
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  const bar = new Progress(4, 'originals', { isTTY: true, write });
  bar.step();
  bar.clear();
  expect(written).toEqual([expect.stringMatching(/^\r\[#{7}-{23}\] 1 of 4 originals$/), '\r\u001b[K']);
  written.length = 0;
  const lines = new Progress(4, 'originals', { write });
  for (let count = 0; count < 4; count += 1) lines.step();
  lines.clear();
  expect(written).toEqual([]);
});
