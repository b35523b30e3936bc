import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One step of the database's history. */
export interface Migration {
  /** `<timestamp>_<what it does>`: the order of names is the order of application. */
  readonly name: string;
  readonly sql: string;
}

/** The migrations of this package for a kind of database. The path is right from src/ as well as from dist/. */
export const ownMigrationsFolder = (kind: 'sqlite' | 'postgresql'): string =>
  fileURLToPath(new URL(`../../prisma/migrations/${kind}`, import.meta.url));

/** The migrations of a folder, oldest first. */
export const readMigrations = async (folder: string): Promise<Migration[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(join(folder, name, 'migration.sql'), 'utf8') })),
  );
};
