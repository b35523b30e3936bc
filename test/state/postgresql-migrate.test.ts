import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { expect, test } from 'vitest';
import { schemaDifference } from '../../scripts/schema-difference.mjs';
import { ownMigrationsFolder, readMigrations } from '../../src/state/migrations.js';
import { parsePostgresqlLocation } from '../../src/state/postgresql/location.js';
import { migratePostgresql } from '../../src/state/postgresql/migrate.js';
import { openPostgresqlState } from '../../src/state/postgresql/open-state.js';
import { StartRefusedError } from '../../src/state/start-refused-error.js';
import { usePostgresql } from '../support/postgresql.js';
import { insertSample } from '../support/samples.js';
import { useTempFolder } from '../support/temp-folder.js';

const ownFolder = ownMigrationsFolder('postgresql');
const locationOf = (url: string) => parsePostgresqlLocation(url, undefined);

const postgresql = usePostgresql();

/** A folder with the package's migrations and one more. */
const makeLongerHistory = async (sql: string): Promise<string> => {
  const folder = await useTempFolder();
  await cp(ownFolder, folder, { recursive: true });
  await mkdir(join(folder, '99990101000000_next'));
  await writeFile(join(folder, '99990101000000_next', 'migration.sql'), sql);
  return folder;
};

const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StartRefusedError);
  return String(error);
};

test('the migrations make exactly what the Prisma schema asks for', async () => {
  const schema = await readFile(join(ownFolder, '../../schema.prisma'), 'utf8');
  const url = await postgresql().createDatabase();
  const difference = () => schemaDifference(new PrismaPg({ connectionString: url }), schema);
  expect(await difference()).toContain('CREATE TABLE "Image"');
  await migratePostgresql(locationOf(url));
  expect(await difference()).toBeNull();
});

test('every text is compared by its bytes, whatever order the database has', async () => {
  const url = await postgresql().createDatabase();
  await migratePostgresql(locationOf(url));
  const columns = await postgresql().query(
    url,
    `SELECT "table_name", "column_name" FROM information_schema.columns
     WHERE "table_schema" = 'public' AND "table_name" NOT LIKE '\\_%' AND "data_type" = 'text' AND "collation_name" IS DISTINCT FROM 'C'`,
  );
  expect(columns).toEqual([]);
});

test('the clients of both databases have the same models', async () => {
  const modelsOf = async (folder: string): Promise<unknown> => {
    const source = await readFile(join(ownFolder, `../../../src/state/generated/${folder}/internal/class.ts`), 'utf8');
    const [, json = ''] = /runtimeDataModel = JSON\.parse\((".*")\)/.exec(source) ?? [];
    return JSON.parse(JSON.parse(json));
  };
  const models = await modelsOf('.');
  expect(models).toHaveProperty('models.Image');
  expect(await modelsOf('postgresql')).toEqual(models);
});

test('servers that start at the same time on an empty database all come up, and each migration is applied once', async () => {
  const url = await postgresql().createDatabase();
  const states = await Promise.all([1, 2, 3].map(() => openPostgresqlState({ location: locationOf(url) })));
  try {
    const image = await insertSample(states[0] as (typeof states)[0]);
    for (const state of states) expect(await state.read.imagesById([image.id])).toEqual([image]);
  } finally {
    for (const state of states) await state.close();
  }
  const applied = await postgresql().query(
    url,
    'SELECT "migration_name" AS "name" FROM "_prisma_migrations" ORDER BY 1',
  );
  expect(applied).toEqual((await readMigrations(ownFolder)).map(({ name }) => ({ name })));
});

test('a migration that fails leaves the database as it was, and the next start tries again', async () => {
  const url = await postgresql().createDatabase();
  await migratePostgresql(locationOf(url));
  const broken = 'CREATE TABLE "Tag" ("a" TEXT); INSERT INTO "Nowhere" VALUES (1);';
  const migrationsFolder = await makeLongerHistory(broken);
  for (const _attempt of ['first', 'second']) {
    const refusal = await refusalOf(migratePostgresql(locationOf(url), { migrationsFolder }));
    expect(refusal).toContain('is unchanged');
    expect(refusal).toContain('99990101000000_next');
    expect(refusal).toContain('Nowhere');
    expect(await postgresql().query(url, `SELECT to_regclass('"Tag"') AS "table"`)).toEqual([{ table: null }]);
  }
  const repaired = await makeLongerHistory(`CREATE TABLE "Tag" ("a" TEXT); INSERT INTO "Tag" VALUES ('a;b')`);
  expect(await migratePostgresql(locationOf(url), { migrationsFolder: repaired })).toEqual(['99990101000000_next']);
  expect(await postgresql().query(url, 'SELECT * FROM "Tag"')).toEqual([{ a: 'a;b' }]);
});

test('a database that is newer than the code, or behind it with MIGRATE=off, is refused', async () => {
  const url = await postgresql().createDatabase();
  const location = locationOf(url);
  expect(await refusalOf(openPostgresqlState({ location, migrate: false }))).toContain('npm run migrate');
  expect(await postgresql().query(url, `SELECT to_regclass('"Image"') AS "table"`)).toEqual([{ table: null }]);
  await migratePostgresql(location, { migrationsFolder: await makeLongerHistory('CREATE TABLE "Tag" ("a" TEXT)') });
  const refusal = await refusalOf(openPostgresqlState({ location }));
  expect(refusal).toContain('newer version');
  expect(refusal).toContain('99990101000000_next');
});
