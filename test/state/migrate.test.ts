import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrateDatabase } from '../../src/state/migrate.js';
import { ownMigrationsFolder, readMigrations } from '../../src/state/migrations-folder.js';
import { schemaDifference } from '../../src/state/schema-difference.js';
import { StartRefusedError } from '../../src/state/start-refused-error.js';
import { openState } from '../../src/state/state.js';
import { insertSample } from '../support/samples.js';
import { useTempFolder } from '../support/temp-folder.js';

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

test('the migrations make exactly what the Prisma schema asks for', async () => {
  const schema = await readFile(join(ownMigrationsFolder, '../schema.prisma'), 'utf8');
  const databasePath = await makeDatabasePath();
  expect(await schemaDifference(databasePath, schema)).toContain('CREATE TABLE "Image"');
  await migrateDatabase({ databasePath });
  expect(await schemaDifference(databasePath, schema)).toBeNull();
});

test('a fresh database takes every migration, and none the second time', async () => {
  const databasePath = await makeDatabasePath();
  const names = (await readMigrations(ownMigrationsFolder)).map(({ name }) => name);
  expect(await migrateDatabase({ databasePath })).toEqual(names);
  expect(await migrateDatabase({ databasePath })).toEqual([]);
});

test('a database takes the migrations that are new to it and keeps its rows, also those still in the log', async () => {
  const databasePath = await makeDatabasePath();
  const state = await openState({ path: databasePath });
  const image = await insertSample(state);
  await state.close();
  // a server that is killed leaves its last commits in the write-ahead log
  const killed = await makeDatabasePath();
  const holder = new Database(databasePath);
  holder.pragma('journal_mode = WAL');
  holder.exec('UPDATE "Image" SET "version" = 9');
  for (const suffix of ['', '-wal', '-shm']) await cp(databasePath + suffix, killed + suffix);
  holder.close();

  const migrationsFolder = await makeLongerHistory('CREATE TABLE "Tag" ("name" TEXT NOT NULL PRIMARY KEY);');
  expect(await migrateDatabase({ databasePath: killed, migrationsFolder })).toEqual(['99990101000000_next']);
  const database = new Database(killed);
  expect(database.prepare('SELECT "id", "version" FROM "Image"').all()).toEqual([{ id: image.id, version: 9 }]);
  expect(database.prepare('SELECT COUNT(*) FROM "Tag"').pluck().get()).toBe(0);
  database.close();
});

test('a database that is newer than the code is refused and told what to do', async () => {
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath, migrationsFolder: await makeLongerHistory('CREATE TABLE "Tag" ("a" TEXT);') });
  const refusal = await refusalOf(openState({ path: databasePath }));
  expect(refusal).toContain(databasePath);
  expect(refusal).toContain('newer version');
  expect(refusal).toContain('99990101000000_next');
});

test('a half-applied migration is refused and told what to do', async () => {
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath });
  execute(databasePath, 'UPDATE _prisma_migrations SET finished_at = NULL');
  const refusal = await refusalOf(openState({ path: databasePath }));
  expect(refusal).toContain(databasePath);
  expect(refusal).toContain('began and did not end');
});

test('a migration that fails leaves the database as it was, and the next start tries anew', async () => {
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath });
  const before = await readFile(databasePath);
  const broken = 'CREATE TABLE "Tag" ("a" TEXT); INSERT INTO "Nowhere" VALUES (1);';
  const migrationsFolder = await makeLongerHistory(broken);
  for (const _attempt of ['first', 'second']) {
    const refusal = await refusalOf(migrateDatabase({ databasePath, migrationsFolder }));
    expect(refusal).toContain('is as it was');
    expect(refusal).toContain('Nowhere');
    expect(await readFile(databasePath)).toEqual(before);
    expect(await readdir(join(databasePath, '..'))).toEqual(['state.db']);
  }
  const repaired = await makeLongerHistory('CREATE TABLE "Tag" ("a" TEXT);');
  expect(await migrateDatabase({ databasePath, migrationsFolder: repaired })).toEqual(['99990101000000_next']);
});

test('what a crash in a migration left is thrown away', async () => {
  const databasePath = await makeDatabasePath();
  execute(`${databasePath}.migrating`, 'CREATE TABLE "Image" ("a" TEXT)');
  await migrateDatabase({ databasePath });
  expect(await readdir(join(databasePath, '..'))).toEqual(['state.db']);
});

test('a database that somebody has open is not migrated under their feet', async () => {
  const databasePath = await makeDatabasePath();
  await migrateDatabase({ databasePath });
  const other = new Database(databasePath);
  other.pragma('journal_mode = WAL');
  other.prepare('SELECT COUNT(*) FROM "Image"').get();
  const migrationsFolder = await makeLongerHistory('CREATE TABLE "Tag" ("a" TEXT);');
  expect(await refusalOf(migrateDatabase({ databasePath, migrationsFolder }))).toContain('has it open');
  other.close();
});
