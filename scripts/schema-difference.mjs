// Compares a database with prisma/schema.prisma by Prisma's schema engine, for `npm run migration` and the tests of migrations.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

let instantiation;

const instantiate = async () => {
  const packageFolder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  const bytes = await readFile(join(packageFolder, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': bindings });
  // the package's own entry imports the .wasm as a module, which Node 20 can't; these two calls are what it does then
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
};

/** SQLite numbers only rows whose key is declared INTEGER, which has 64 bits there; Prisma declares that for Int alone. */
const withNumberedKeys = (schema) => schema.replace(/\bBigInt(?=\s+@id @default\(autoincrement\(\)\))/g, 'Int');

/** Tables of SQLite's full-text index, which no model describes. */
const indexTables = ['', '_config', '_data', '_docsize', '_idx'].map((suffix) => `ImageMetadataText${suffix}`);

/**
 * The SQL that leads from the tables of a database to those of the Prisma schema; null if they agree.
 * @param {import('@prisma/driver-adapter-utils').SqlMigrationAwareDriverAdapterFactory} factory Connects to the database. Its owner
 *   closes what it opens. For PostgreSQL it is Prisma's own adapter.
 * @param {string} schema The text of `schema.prisma`.
 * @returns {Promise<string | null>}
 */
export const schemaDifference = async (factory, schema) => {
  instantiation ??= instantiate();
  await instantiation;
  const isSqlite = factory.provider === 'sqlite';
  const adapter = bindMigrationAwareSqlAdapterFactory(isSqlite ? factory : readingChars(factory));
  const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, () => undefined, adapter);
  const content = isSqlite ? withNumberedKeys(schema) : schema.replace('"sqlite"', '"postgresql"');
  const files = [{ path: 'schema.prisma', content }];
  try {
    const { exitCode, stdout } = await engine.diff({
      // only the connected database counts here, not the models
      from: { tag: 'schemaDatasource', files, configDir: '.' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: { externalTables: isSqlite ? indexTables : [], externalEnums: [] },
    });
    return exitCode === 0 ? null : stdout;
  } finally {
    engine.free();
  }
};

/** Has columns of the type "char" sent as text, and leaves out the constraints that PostgreSQL 18 lists for each NOT NULL. */
const readingChars = (factory) => ({
  provider: factory.provider,
  adapterName: factory.adapterName,
  connectToShadowDb: () => factory.connectToShadowDb(),
  connect: async () => {
    const adapter = await factory.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const sql = query.sql.replace(charColumn, '$1::text$2').replace("('p', 'u', 'f')", "('p', 'u', 'f', 'n')");
      const { columnNames, columnTypes, rows } = await queryRaw({ ...query, sql });
      return {
        columnNames,
        rows,
        columnTypes: columnTypes.map((type, index) =>
          charNames.includes(columnNames[index]) ? ColumnTypeEnum.Character : type,
        ),
      };
    };
    return adapter;
  },
});

const charColumn = /\b((?:\w+\.)?(?:contype|confdeltype|confupdtype|attidentity))( AS |,)/g;
const charNames = ['constraint_type', 'confdeltype', 'confupdtype'];
