import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startPostgresql } from '../../scripts/postgresql-server.mjs';
import { ruleOfConstraint } from '../../src/state/lost-race.js';
import { parsePostgresqlLocation } from '../../src/state/postgresql/location.js';
import { migratePostgresql } from '../../src/state/postgresql/migrate.js';
import { openPostgresqlState } from '../../src/state/postgresql/open-state.js';
import { expectNumbersBeyond32Bits } from '../contract/state/change-numbers.js';
import { testStateContract } from '../contract/state/state-contract.js';

let server: Awaited<ReturnType<typeof startPostgresql>>;
beforeAll(async () => {
  server = await startPostgresql();
}, 60_000);
afterAll(() => server.stop());

testStateContract('PostgreSQL', async (limits) => {
  const location = parsePostgresqlLocation(await server.createDatabase(), undefined);
  const states = [
    await openPostgresqlState({ location, limits }),
    await openPostgresqlState({ location, limits }),
  ] as const;
  return {
    states,
    close: async () => {
      for (const state of states) await state.close();
    },
  };
});

test('every unique rule of the database says what is taken where it is violated', async () => {
  const database = await server.createDatabase();
  await migratePostgresql(parsePostgresqlLocation(database, undefined));
  const rules = await server.query(
    database,
    `SELECT "indexname" AS "name" FROM pg_indexes WHERE "schemaname" = 'public' AND "indexdef" LIKE 'CREATE UNIQUE%'`,
  );
  const unnamed = rules.map(({ name }) => name).filter((name) => !ruleOfConstraint(name));
  // numbered by the database itself
  expect(unnamed.sort()).toEqual([
    'Change_pkey',
    'ImageMetadata_pkey',
    'Origin_pkey',
    'WebhookDelivery_pkey',
    '_prisma_migrations_pkey',
  ]);
});

test('the journal goes on after more changes than 32 bits can number', async () => {
  const database = await server.createDatabase();
  const state = await openPostgresqlState({ location: parsePostgresqlLocation(database, undefined) });
  onTestFinished(() => state.close());
  await expectNumbersBeyond32Bits(state, async (last) => {
    await server.query(database, `SELECT setval('"Change_seq_seq"', ${last})`);
  });
});
