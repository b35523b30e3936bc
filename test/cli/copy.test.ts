import { randomBytes } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { deleteImage, uploadImage } from '../support/image-operations.js';
import { runTool, runVerify } from '../support/run-tool.js';
import { useS3Bucket } from '../support/s3-bucket.js';
import { photoJpeg } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 120_000 });

const bucket = useS3Bucket();
const copy = (...args: string[]) => runTool('cli/copy', args);

const everything = `{ images(accountId: "${accountId}") { nodes {
  imageId publicId version sha256 createdOn updatedOn metadata { altText updatedOn } } } }`;

/** A stopped installation with images, one of them deleted, and what a client sees of it. */
const makeInstallation = async (variables: Record<string, string> = {}) => {
  const folder = await useTempFolder();
  const server = await startTestServer({ DATA_DIR: folder, ...variables });
  for (let width = 40; width < 46; width += 1) {
    await uploadImage(server, await photoJpeg({ width, height: 30 }), { altText: `wide ${width}` });
  }
  await deleteImage(server, (await uploadImage(server, await photoJpeg({ width: 50, height: 30 }))).id);
  const { data } = await server.query(everything);
  await server.app.close();
  return { folder, seen: data };
};

/** A server on the copy shows the same, serves every original, and loses nothing to a sweep. */
const expectSame = async (variables: Record<string, string>, seen: unknown): Promise<void> => {
  const server = await startTestServer(variables);
  const { data } = await server.query(everything);
  expect(data).toEqual(seen);
  for (const { publicId } of data.images.nodes) {
    expect((await fetch(`${server.url}/images/${publicId}?size=20x20`)).status).toBe(200);
  }
  await server.app.close();
};

test('an installation moves from folders to S3 and back, with its ids, dates and every byte', async () => {
  const { folder, seen } = await makeInstallation();
  const url = bucket.newUrl();
  const cloud = await useTempFolder();
  const away = await copy('--from', folder, '--to', cloud, '--to-store', url);
  expect(away).toMatchObject({ code: 0, stderr: '' });
  expect(away.stdout).toContain('Originals compared: 6 of 6 right, 0 unknown');
  await expectSame({ DATA_DIR: cloud, BLOB_STORE_URL: url }, seen);
  const home = await useTempFolder();
  const back = await copy('--from', cloud, '--from-store', url, '--to', home);
  expect(back).toMatchObject({ code: 0, stderr: '' });
  expect(await runVerify(home)).toMatchObject({ code: 0, stdout: expect.stringContaining('Originals checked: 6') });
  await expectSame({ DATA_DIR: home }, seen);
  // the first one is as it was
  await expectSame({ DATA_DIR: folder }, seen);
});

test('the originals alone move for a database that stays', async () => {
  const { folder, seen } = await makeInstallation();
  const url = bucket.newUrl();
  expect(await copy('--from', folder, '--to', folder, '--to-store', url)).toMatchObject({ code: 0, stderr: '' });
  await rm(join(folder, 'blobs'), { recursive: true });
  await expectSame({ DATA_DIR: folder, BLOB_STORE_URL: url }, seen);
});

test('a copy that was interrupted is no installation for a server, and goes on when it is run again', async () => {
  const { folder, seen } = await makeInstallation();
  const target = await useTempFolder();
  const [lost = ''] = await originalsIn(folder);
  const backup = await useTempFolder();
  await cp(join(folder, 'blobs', lost), join(backup, 'lost'));
  await rm(join(folder, 'blobs', lost));
  const stopped = await copy('--from', folder, '--to', target);
  expect(stopped).toMatchObject({ code: 1, stdout: expect.stringContaining('missing') });
  await expect(startTestServer({ DATA_DIR: target })).rejects.toThrow('do not belong together');
  await cp(join(backup, 'lost'), join(folder, 'blobs', lost));
  // a copied file that rotted meanwhile is found, and copied again by the run after
  const [copied = ''] = await originalsIn(target);
  await rm(join(target, 'blobs', copied));
  await writeFile(join(target, 'blobs', copied), randomBytes(100));
  await rm(join(target, 'state.db'), { force: true });
  expect(await copy('--from', folder, '--to', target)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('corrupt'),
  });
  expect(await copy('--from', folder, '--to', target)).toMatchObject({ code: 0, stderr: '' });
  await expectSame({ DATA_DIR: target }, seen);
});

test('what is damaged at the source is named, and left out only if that is asked for', async () => {
  const { folder, seen } = await makeInstallation();
  const [missing, corrupt] = seen.images.nodes.map(({ sha256 }: { sha256: string }) => sha256);
  await rm(originalPath(folder, missing));
  await rm(originalPath(folder, corrupt));
  await writeFile(originalPath(folder, corrupt), randomBytes(10));
  const target = await useTempFolder();
  const refused = await copy('--from', folder, '--to', target);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain(`missing     ${missing}`);
  expect(refused.stdout).toContain(`corrupt     ${corrupt}`);
  expect(refused.stdout).toContain('2 originals are missing or damaged at the source.');
  const skipped = await copy('--from', folder, '--to', target, '--skip-damaged');
  expect(skipped.code).toBe(1);
  expect(skipped.stdout).toContain('Originals compared: 4 of 6 right');
  expect(skipped.stdout).toContain('The copy is complete');
  expect((await runVerify(target)).stdout).toContain('Originals checked: 6 (missing 2, corrupt 0, unreadable 0)');
});

test('a target with other content is refused, and stays as it is', async () => {
  const { folder } = await makeInstallation();
  const other = await makeInstallation();
  const before = await readdir(other.folder, { recursive: true });
  const refused = await copy('--from', folder, '--to', other.folder);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('belongs to an installation already');
  expect((await readdir(other.folder, { recursive: true })).sort()).toEqual(before.sort());
  const strange = await useTempFolder();
  await writeFile(join(strange, 'state.db'), 'precious');
  expect((await copy('--from', folder, '--to', strange)).stderr).toContain('There is a database');
  expect(await readFile(join(strange, 'state.db'), 'utf8')).toBe('precious');
  await expectSame({ DATA_DIR: other.folder }, other.seen);
});

test('the source of a running server is refused', async () => {
  const server = await startTestServer();
  const { code, stderr } = await copy('--from', server.dataFolder, '--to', await useTempFolder());
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('Another server runs') });
  await server.close();
});

test.each([
  [[], '--from and --to are needed'],
  [['--from', 'a', '--to', 'a'], 'the same database and the same store'],
  [['--from', 'a', '--to', 'b', '--fast'], 'fast'],
])('%j is no command line, and says what is', async (args, reason) => {
  const { code, stderr } = await copy(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(reason);
  expect(stderr).toContain('npm run copy -- --from');
});

const originalPath = (folder: string, sha256: string): string =>
  join(folder, 'blobs', sha256.slice(0, 2), sha256.slice(2, 4), sha256);

const originalsIn = async (folder: string): Promise<string[]> =>
  (await readdir(join(folder, 'blobs'), { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name)).sort();
