import { filters, withSchemaEngine } from './schema-engine.js';

/**
 * The SQL that leads from the tables of a database to those of the Prisma schema; null if they agree.
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
      filters,
    });
    return exitCode === 0 ? null : stdout;
  });
