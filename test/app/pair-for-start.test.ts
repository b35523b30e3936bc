import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { createApp } from '../../src/app/app.js';
import { nameOfStore } from '../../src/blobs/store-location.js';
import { parseConfig } from '../../src/config.js';
import { nameOfDatabase } from '../../src/state/database-location.js';
import { StartRefusedError } from '../../src/state/start-refused-error.js';
import { uploadImage } from '../support/image-operations.js';
import { plainPng } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { startTestServer } from '../support/test-server.js';

const photo = (red: number) => plainPng({ width: 8, height: 8 }, [red, 0, 0]);

/** A data folder whose server stored these images, and the paths of their originals. */
const makeInstallation = async (reds: readonly number[] = [1, 2, 3]) => {
  const folder = await useTempFolder();
  const server = await startTestServer({ DATA_DIR: folder });
  const originals: string[] = [];
  for (const red of reds) {
    originals.push(new URL((await uploadImage(server, await photo(red))).originalUrl).pathname);
  }
  await server.app.close();
  return { folder, originals };
};

const originalFiles = async (folder: string): Promise<string[]> =>
  (await readdir(join(folder, 'blobs'), { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name)).sort();

/** Starts a server and has it swept; every original must be served. */
const expectServed = async (variables: Record<string, string>, originals: readonly string[]): Promise<void> => {
  const server = await startTestServer({ BYTES_GRACE_HOURS: '0', ...variables });
  await server.app.images.sweep();
  for (const path of originals) expect((await fetch(server.url + path)).status).toBe(200);
  await server.app.close();
};

/** The start is refused, names both sides and the way out, and removes nothing. */
const expectRefusal = async (variables: Record<string, string>, blobFolder: string, ...said: string[]) => {
  const before = await readdir(blobFolder, { recursive: true }).catch(() => []);
  const config = parseConfig({ PORT: '0', LOG_LEVEL: 'silent', ...variables });
  const error = await createApp(config).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StartRefusedError);
  for (const part of [
    nameOfDatabase(config.database),
    nameOfStore(config.blobStore),
    'npm run verify -- --adopt',
    ...said,
  ]) {
    expect(String(error)).toContain(part);
  }
  const after = await readdir(blobFolder, { recursive: true });
  for (const name of before) expect(after).toContain(name);
};

test('a new installation pairs its database and its store, and starts again', async () => {
  const { folder, originals } = await makeInstallation();
  const { storeId } = JSON.parse(await readFile(join(folder, 'blobs', 'store.json'), 'utf8'));
  expect(storeId).toMatch(/^[0-9a-f]{32}$/);
  await expectServed({ DATA_DIR: folder }, originals);
});

test('a missing database next to a full store is refused', async () => {
  const { folder, originals } = await makeInstallation();
  const backup = join(await useTempFolder(), 'state.db');
  await cp(join(folder, 'state.db'), backup);
  await rm(join(folder, 'state.db'));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expectRefusal({ DATA_DIR: folder }, join(folder, 'blobs'), 'knows none');
  }
  // the database that the refused starts left behind is in nobody's way
  await cp(backup, join(folder, 'state.db'));
  await expectServed({ DATA_DIR: folder }, originals);
});

test('a mistyped DATABASE_URL is refused', async () => {
  const { folder } = await makeInstallation();
  const variables = { DATA_DIR: folder, DATABASE_URL: `file:${join(folder, 'sate.db')}` };
  await expectRefusal(variables, join(folder, 'blobs'), 'sate.db');
});

test('a database of another installation is refused, although it has the same images', async () => {
  const [mine, other] = [await makeInstallation(), await makeInstallation()];
  const variables = { DATA_DIR: mine.folder, DATABASE_URL: `file:${join(other.folder, 'state.db')}` };
  await expectRefusal(variables, join(mine.folder, 'blobs'), 'another database');
});

test('a mistyped BLOB_STORE_URL, or a store that is not mounted, is refused', async () => {
  const { folder, originals } = await makeInstallation();
  const empty = join(await useTempFolder(), 'empty');
  await mkdir(empty);
  await expectRefusal({ DATA_DIR: folder, BLOB_STORE_URL: `file:${empty}` }, empty, 'the store is empty');
  await expectServed({ DATA_DIR: folder }, originals);
});

test('a store without its id, full or not, is refused to a database that does not know its originals', async () => {
  const [mine, other] = [await makeInstallation([1, 2]), await makeInstallation([7, 8])];
  const blobFolder = join(other.folder, 'blobs');
  await rm(join(blobFolder, 'store.json'));
  const fresh = { DATA_DIR: await useTempFolder(), BLOB_STORE_URL: `file:${blobFolder}` };
  await expectRefusal(fresh, blobFolder, 'no store.json');
  const foreign = { DATA_DIR: mine.folder, BLOB_STORE_URL: `file:${blobFolder}` };
  await expectRefusal(foreign, blobFolder, 'lacks most', 'no store.json');
});

test('an id that cannot be read is refused', async () => {
  const { folder } = await makeInstallation();
  await writeFile(join(folder, 'blobs', 'store.json'), '{');
  await expectRefusal({ DATA_DIR: folder }, join(folder, 'blobs'), 'unreadable');
});

test('an emptied database removes no byte', async () => {
  const { folder } = await makeInstallation();
  const files = await originalFiles(folder);
  const database = new Database(join(folder, 'state.db'));
  for (const table of ['ImageMetadata', 'Image', 'Blob']) database.exec(`DELETE FROM "${table}"`);
  database.close();
  await expectServed({ DATA_DIR: folder }, []);
  expect(await originalFiles(folder)).toEqual(files);
});

test('an older database removes nothing that was uploaded since', async () => {
  const { folder } = await makeInstallation();
  const backup = join(await useTempFolder(), 'state.db');
  await cp(join(folder, 'state.db'), backup);
  const server = await startTestServer({ DATA_DIR: folder });
  await uploadImage(server, await photo(9));
  await server.app.close();
  const files = await originalFiles(folder);
  await cp(backup, join(folder, 'state.db'));
  await expectServed({ DATA_DIR: folder }, []);
  expect(await originalFiles(folder)).toEqual(files);
});

/** Takes back what the upgrade brought, so that the installation is one of the version before. */
const downgrade = async (folder: string): Promise<void> => {
  const database = new Database(join(folder, 'state.db'));
  database.exec('DROP INDEX "Blob_unnamedOn_idx"; ALTER TABLE "Blob" DROP COLUMN "unnamedOn"; DROP TABLE "Store";');
  // that, and what later changed of the table
  database.exec(
    `DELETE FROM "_prisma_migrations" WHERE "migration_name" LIKE '%tombstones_and_store' OR "migration_name" LIKE '%add_purged_seq'`,
  );
  database.close();
  await rm(join(folder, 'blobs', 'store.json'));
};

test('an installation from before stores had an id is upgraded without a question', async () => {
  const { folder, originals } = await makeInstallation();
  await downgrade(folder);
  await expectServed({ DATA_DIR: folder }, originals);
  expect(await readdir(join(folder, 'blobs'))).toContain('store.json');
});

test('an upgrade starts although a few originals are lost, and leaves them to `npm run verify`', async () => {
  const { folder, originals } = await makeInstallation();
  await downgrade(folder);
  const [lost = ''] = await originalFiles(folder);
  await rm(join(folder, 'blobs', lost));
  const server = await startTestServer({ DATA_DIR: folder });
  const statuses = await Promise.all(originals.map(async (path) => (await fetch(server.url + path)).status));
  expect(statuses.sort()).toEqual([200, 200, 500]);
  await server.app.close();
});

test('a row that the version before left without an image is swept, a grace period after the upgrade', async () => {
  const { folder, originals } = await makeInstallation();
  const database = new Database(join(folder, 'state.db'));
  database.pragma('foreign_keys = ON');
  const blob = database.prepare('SELECT "blobSha256" FROM "Image" LIMIT 1').get() as { blobSha256: string };
  database.prepare('DELETE FROM "Image" WHERE "blobSha256" = ?').run(blob.blobSha256);
  database.close();
  await downgrade(folder);

  let hoursAhead = 0;
  const now = () => new Date(Date.now() + hoursAhead * 3_600_000);
  const server = await startTestServer({ DATA_DIR: folder }, { now });
  expect(await server.app.images.sweep()).toBe(0);
  hoursAhead = 25;
  expect(await server.app.images.sweep()).toBe(1);
  expect(await originalFiles(folder)).toHaveLength(originals.length - 1);
  await server.app.close();
});
