import { ColumnTypeEnum, type SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { withSchemaEngine } from './schema-engine.js';
import { SqliteAdapterFactory } from './sqlite/adapter.js';
import { SqliteConnection } from './sqlite/connection.js';

/** Of SQLite's index of texts, which no model describes. */
const indexTables = ['', '_config', '_data', '_docsize', '_idx'].map((suffix) => `ImageMetadataText${suffix}`);

/**
 * The SQL that leads from the tables of a database to those of the Prisma schema; null if they agree.
 * @param factory Connects to the database; what it opens, its owner closes.
 * @param schema The text of `schema.prisma`, with the provider of the database.
 */
const schemaDifference = (factory: SqlMigrationAwareDriverAdapterFactory, schema: string): Promise<string | null> =>
  withSchemaEngine(factory, async (engine) => {
    const files = [{ path: 'schema.prisma', content: schema }];
    const { exitCode, stdout } = await engine.diff({
      // its models don't count here, only its database: the one that the engine is connected to
      from: { tag: 'schemaDatasource', files, configDir: '.' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: { externalTables: factory.provider === 'sqlite' ? indexTables : [], externalEnums: [] },
    });
    return exitCode === 0 ? null : stdout;
  });

/** The same for a SQLite file. */
export const sqliteSchemaDifference = async (databasePath: string, schema: string): Promise<string | null> => {
  const factory = new SqliteAdapterFactory(() => new SqliteConnection(databasePath));
  try {
    return await schemaDifference(factory, schema);
  } finally {
    await factory.close();
  }
};

/** The same for PostgreSQL, by the adapter of Prisma's, which reads all of its types but one. */
export const postgresqlSchemaDifference = (
  factory: SqlMigrationAwareDriverAdapterFactory,
  schema: string,
): Promise<string | null> => schemaDifference(readingChars(factory), schema.replace('"sqlite"', '"postgresql"'));

/** Has columns of the type "char" sent as text, and leaves out the constraints that PostgreSQL 18 lists for each NOT NULL. */
const readingChars = (factory: SqlMigrationAwareDriverAdapterFactory): SqlMigrationAwareDriverAdapterFactory => ({
  provider: factory.provider,
  adapterName: factory.adapterName,
  connectToShadowDb: () => factory.connectToShadowDb(),
  connect: async () => {
    const adapter = await factory.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const sql = query.sql.replace(charColumn, '$1::text$2').replace("('p', 'u', 'f')", "('p', 'u', 'f', 'n')");
      const { columnNames, columnTypes, rows } = await queryRaw({ ...query, sql });
      const isChar = (name = '') => charNames.includes(name);
      return {
        columnNames,
        rows,
        columnTypes: columnTypes.map((type, index) => (isChar(columnNames[index]) ? ColumnTypeEnum.Character : type)),
      };
    };
    return adapter;
  },
});

const charColumn = /\b((?:\w+\.)?(?:contype|confdeltype|confupdtype|attidentity))( AS |,)/g;
const charNames = ['constraint_type', 'confdeltype', 'confupdtype'];
