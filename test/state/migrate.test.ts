import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { schemaDifference } from '../../scripts/schema-difference.mjs';
import type { AccountId } from '../../src/domain/images/image.js';
import { ownMigrationsFolder as migrationsFolderOf, readMigrations } from '../../src/state/migrations.js';
import { SqliteAdapterFactory } from '../../src/state/sqlite/adapter.js';
import { SqliteConnection } from '../../src/state/sqlite/connection.js';
import { migrateDatabase } from '../../src/state/sqlite/migrate.js';
import { openState } from '../../src/state/sqlite/open-state.js';
import { StartRefusedError } from '../../src/state/start-refused-error.js';
import { insertSample } from '../support/samples.js';
import { useTempFolder } from '../support/temp-folder.js';

const ownMigrationsFolder = migrationsFolderOf('sqlite');

/** A folder with the package's migrations and one more. */
const makeLongerHistory = async (sql: string): Promise<string> => {
  const folder = await useTempFolder();
  await cp(ownMigrationsFolder, folder, { recursive: true });
  await mkdir(join(folder, '99990101000000_next'));
  await writeFile(join(folder, '99990101000000_next', 'migration.sql'), sql);
  return folder;
};

const makeDatabasePath = async (): Promise<string> => join(await useTempFolder(), 'state.db');

const execute = (databasePath: string, sql: string): void => {
  const database = new Database(databasePath);
  database.exec(sql);
  database.close();
};

const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StartRefusedError);
  return String(error);
};

test('the migrations create exactly the tables of the Prisma schema', async () => {
  const schema = await readFile(join(ownMigrationsFolder, '../../schema.prisma'), 'utf8');
  const databasePath = await makeDatabasePath();
  const difference = async () => {
    const factory = new SqliteAdapterFactory(() => new SqliteConnection(databasePath));
    try {
      return await schemaDifference(factory, schema);
    } finally {
      await factory.close();
    }
  };
  expect(await difference()).toContain('CREATE TABLE "Image"');
  await migrateDatabase({ databasePath });
  expect(await difference()).toBeNull();
});

test('a fresh database takes every migration, and none the second time', async () => {
  const databasePath = await makeDatabasePath();
  const names = (await readMigrations(ownMigrationsFolder)).map(({ name }) => name);
  expect(await migrateDatabase({ databasePath })).toEqual(names);
  expect(await migrateDatabase({ databasePath })).toEqual([]);
});

test('a database gets the migrations that are new to it and keeps its rows, also those still in the log', async () => {
  const databasePath = await makeDatabasePath();
  const state = await openState({ path: databasePath });
  const image = await insertSample(state);
  await state.close();
  // a server that is killed leaves its last commits in the write-ahead log
  const killed = await makeDatabasePath();
  const holder = new Database(databasePath);
  holder.exec('PRAGMA journal_mode = WAL');
  holder.exec('UPDATE "Image" SET "version" = 9');
  for (const suffix of ['', '-wal', '-shm']) await cp(databasePath + suffix, killed + suffix);
  holder.close();

  const migrationsFolder = await makeLongerHistory('CREATE TABLE "Tag" ("name" TEXT NOT NULL PRIMARY KEY);');
  expect(await migrateDatabase({ databasePath: killed, migrationsFolder })).toEqual(['99990101000000_next']);
  const database = new Database(killed);
  expect(database.prepare('SELECT "id", "version" FROM "Image"').all()).toEqual([{ id: image.id, version: 9 }]);
  expect(database.prepare('SELECT COUNT(*) FROM "Tag"').pluck().all()).toEqual([0]);
  database.close();
});

test('a database that is newer than the code is refused with what to do', async () => {
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath, migrationsFolder: await makeLongerHistory('CREATE TABLE "Tag" ("a" TEXT);') });
  const refusal = await refusalOf(openState({ path: databasePath }));
  expect(refusal).toContain(databasePath);
  expect(refusal).toContain('newer version');
  expect(refusal).toContain('99990101000000_next');
});

test('a half-applied migration is refused with what to do', async () => {
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath });
  execute(databasePath, 'UPDATE _prisma_migrations SET finished_at = NULL');
  const refusal = await refusalOf(openState({ path: databasePath }));
  expect(refusal).toContain(databasePath);
  expect(refusal).toContain('began and did not end');
});

/** Everything that a database contains. */
const contentOf = (databasePath: string): unknown => {
  const database = new Database(databasePath);
  const all = (sql: string): unknown[] => database.prepare(sql).all();
  const content = [all('SELECT * FROM sqlite_schema'), all('SELECT * FROM _prisma_migrations')];
  database.close();
  return content;
};

test('a migration that fails leaves the database as it was, and the next start tries again', async () => {
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath });
  const before = contentOf(databasePath);
  const broken = 'CREATE TABLE "Tag" ("a" TEXT); INSERT INTO "Nowhere" VALUES (1);';
  const migrationsFolder = await makeLongerHistory(broken);
  for (const _attempt of ['first', 'second']) {
    const refusal = await refusalOf(migrateDatabase({ databasePath, migrationsFolder }));
    expect(refusal).toContain('is unchanged');
    expect(refusal).toContain('99990101000000_next');
    expect(refusal).toContain('Nowhere');
    expect(contentOf(databasePath)).toEqual(before);
  }
  const repaired = await makeLongerHistory('CREATE TABLE "Tag" ("a" TEXT);');
  expect(await migrateDatabase({ databasePath, migrationsFolder: repaired })).toEqual(['99990101000000_next']);
});

test('a migration that would leave a reference to a missing row is refused', async () => {
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath });
  const before = contentOf(databasePath);
  const migrationsFolder = await makeLongerHistory(
    `INSERT INTO "MetalImageUse" ("machineId", "imageId") VALUES ('a machine', 'no image');`,
  );
  expect(await refusalOf(migrateDatabase({ databasePath, migrationsFolder }))).toContain('MetalImageUse');
  expect(contentOf(databasePath)).toEqual(before);
});

test('a migration rebuilds a table that others refer to, and no row is lost', async () => {
  const databasePath = await makeDatabasePath();
  const state = await openState({ path: databasePath });
  const image = await insertSample(state);
  await state.close();
  const [definition] = new Database(databasePath)
    .prepare("SELECT sql FROM sqlite_schema WHERE name = 'Image'")
    .pluck()
    .all();
  const create = String(definition).replace('"Image"', '"new_Image"');
  const columns = (
    new Database(databasePath).prepare('SELECT name FROM pragma_table_info(?)').all('Image') as {
      name: string;
    }[]
  ).map(({ name }) => `"${name}"`);
  // as Prisma writes them
  const migrationsFolder = await makeLongerHistory(`PRAGMA defer_foreign_keys=ON; PRAGMA foreign_keys=OFF;
    ${create};
    INSERT INTO "new_Image" (${columns}) SELECT ${columns} FROM "Image";
    DROP TABLE "Image"; ALTER TABLE "new_Image" RENAME TO "Image";
    PRAGMA foreign_keys=ON; PRAGMA defer_foreign_keys=OFF;`);
  await migrateDatabase({ databasePath, migrationsFolder });
  const database = new Database(databasePath);
  expect(database.prepare('SELECT "imageId" FROM "ImageMetadata"').pluck().all()).toEqual([image.id]);
  expect(database.prepare('SELECT "id" FROM "Image"').pluck().all()).toEqual([image.id]);
  database.close();
});

test('a process that is killed in a migration leaves the database as it was', async () => {
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath });
  const before = contentOf(databasePath);
  const migrating = `
    const Database = require('libsql');
    new Database(process.argv[1]).exec('BEGIN IMMEDIATE; CREATE TABLE "Tag" ("a" TEXT); INSERT INTO "Tag" VALUES (1)');
    process.kill(process.pid, 'SIGKILL');`;
  const { signal } = spawnSync(process.execPath, ['-e', migrating, databasePath]);
  expect(signal).toBe('SIGKILL');
  expect(contentOf(databasePath)).toEqual(before);
  expect(await migrateDatabase({ databasePath })).toEqual([]);
});

test('a database that another program writes to is not migrated under its feet', async () => {
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath });
  const other = new Database(databasePath);
  other.exec('BEGIN IMMEDIATE');
  const migrationsFolder = await makeLongerHistory('CREATE TABLE "Tag" ("a" TEXT);');
  const hasty = { databasePath, migrationsFolder, deadlineMs: performance.now() };
  expect(await refusalOf(migrateDatabase(hasty))).toContain('locked');
  other.exec('COMMIT');
  expect(await migrateDatabase(hasty)).toEqual(['99990101000000_next']);
  other.close();
});

test('texts that are stored before there is an index of them are found when there is', async () => {
  const migrations = await readMigrations(ownMigrationsFolder);
  const before = await useTempFolder();
  for (const { name } of migrations.filter(({ name }) => !/index_alternative_texts|^2027/.test(name))) {
    if (name > '20261126181135') continue;
    await cp(join(ownMigrationsFolder, name), join(before, name), { recursive: true });
  }
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath, migrationsFolder: before });
  // more than one batch
  execute(
    databasePath,
    `INSERT INTO "Blob" ("sha256", "byteSize", "mimeType", "width", "height", "hasAlpha", "frameCount", "thumbhash", "placeholder", "dominantColor")
       VALUES ('hash', 1, 'image/png', 1, 1, 0, 1, '', '', '#000000');
     WITH RECURSIVE "row"("n") AS (SELECT 1 UNION ALL SELECT "n" + 1 FROM "row" WHERE "n" < 2500)
       INSERT INTO "Image" ("id", "publicId", "accountId", "blobSha256", "mimeType", "byteSize", "createdOn", "updatedOn")
       SELECT printf('%d', "n"), printf('%d', "n"), 'account', 'hash', 'image/png', 1, "n", "n" FROM "row";
     INSERT INTO "ImageMetadata" ("imageId", "altText", "updatedOn")
       SELECT "id", CASE WHEN "id" % 2 THEN 'ÉCLAIR ' || "id" END, 0 FROM "Image"`,
  );
  const state = await openState({ path: databasePath });
  onTestFinished(() => state.close());
  const count = (text: string) => state.read.countImages('account' as AccountId, { altTextContains: text });
  expect(await count('éclair')).toBe(1250);
  expect(await count('e\u0301clair 2499')).toBe(1);
  expect(await count('éc')).toBe(1250);
});
