import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import { bindMigrationAwareSqlAdapterFactory, type SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { Migration } from './migrations-folder.js';

/** All tables and enums belong to the schema. */
export const noFilters: bindings.SchemaFilter = { externalTables: [], externalEnums: [] };

/** The driver, which remembers what it opened: the engine closes nothing, and the database would stay locked. */
class ClosableAdapterFactory extends PrismaBetterSqlite3 {
  readonly #opened: SqlDriverAdapter[] = [];

  override async connect(): Promise<SqlDriverAdapter> {
    const adapter = await super.connect();
    this.#opened.push(adapter);
    return adapter;
  }

  async close(): Promise<void> {
    for (const adapter of this.#opened.splice(0)) await adapter.dispose();
  }
}

/** What of WebAssembly's interface is used; its types come only with those of browsers. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: Record<string, object>): Promise<{ instance: { exports: WasmExports } }>;
};
interface WasmExports {
  __wbindgen_start(): void;
}

let instantiation: Promise<void> | undefined;

const instantiate = async (): Promise<void> => {
  const packageFolder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  const bytes = await readFile(join(packageFolder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': bindings });
  // the package's own entry imports the .wasm as a module, which Node 20 can't; these two calls are what it does then
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
};

/**
 * Runs work with Prisma's schema engine, which is WebAssembly: 80 ms and 38 MiB when it is first used, so import this module
 * only when there is work.
 */
export const withSchemaEngine = async <Result>(
  databasePath: string,
  work: (engine: bindings.SchemaEngine) => Promise<Result>,
): Promise<Result> => {
  instantiation ??= instantiate();
  await instantiation;
  const factory = new ClosableAdapterFactory({ url: databasePath });
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(factory);
    const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, () => undefined, adapter);
    try {
      return await work(engine);
    } finally {
      engine.free();
    }
  } finally {
    await factory.close();
  }
};

/** The migrations in the shape that the engine takes. */
export const migrationList = (folder: string, migrations: readonly Migration[]): bindings.MigrationList => ({
  baseDir: folder,
  lockfile: { path: 'migration_lock.toml', content: 'provider = "sqlite"\n' },
  shadowDbInitScript: '',
  migrationDirectories: migrations.map(({ name, sql }) => ({
    path: name,
    migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
  })),
});
