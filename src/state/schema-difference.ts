import { noFilters, withSchemaEngine } from './schema-engine.js';

/**
 * The SQL that leads from what a database has to what the Prisma schema asks for; null where they agree. (The engine could take
 * migrations in place of a database, but then runs each as one statement, which better-sqlite3 refuses.)
 * @param schema The text of `schema.prisma`.
 */
export const schemaDifference = (databasePath: string, schema: string): Promise<string | null> =>
  withSchemaEngine(databasePath, async (engine) => {
    const files = [{ path: 'schema.prisma', content: schema }];
    const { exitCode, stdout } = await engine.diff({
      // its models don't count here, only its database: the one that the engine is connected to
      from: { tag: 'schemaDatasource', files, configDir: '.' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: noFilters,
    });
    return exitCode === 0 ? null : stdout;
  });
