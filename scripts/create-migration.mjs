// npm run migration -- <name>: writes the migration that leads from the committed ones to prisma/schema.prisma.
// Works with what the last build left in dist/: the source may not compile before the migration is there.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const prismaFolder = resolve(import.meta.dirname, '../prisma');
const migrationsFolder = join(prismaFolder, 'migrations');
const lockPath = join(migrationsFolder, 'migration_lock.toml');

const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

const [name = ''] = process.argv.slice(2);
if (!/^[a-z][a-z0-9_]*$/.test(name)) fail('Usage: npm run migration -- <name>   (a-z, 0-9 and _, such as add_tags)');
if (!existsSync(resolve(import.meta.dirname, '../dist/state'))) fail('Run `npm run build` first.');
const { migrateDatabase } = await import('../dist/state/migrate.js');
const { schemaDifference } = await import('../dist/state/schema-difference.js');

mkdirSync(migrationsFolder, { recursive: true });
// Prisma's own tools ask for it
if (!existsSync(lockPath)) writeFileSync(lockPath, 'provider = "sqlite"\n');

const readDifference = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-facade-migration-'));
  try {
    const databasePath = join(folder, 'state.db');
    await migrateDatabase({ databasePath, migrationsFolder });
    return await schemaDifference(databasePath, readFileSync(join(prismaFolder, 'schema.prisma'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const sql = await readDifference();
if (sql === null) fail('The migrations already make what prisma/schema.prisma asks for.');

const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
const folder = join(migrationsFolder, `${timestamp}_${name}`);
mkdirSync(folder);
writeFileSync(join(folder, 'migration.sql'), sql);
process.stdout.write(`${join(folder, 'migration.sql')}\n`);
