import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ruleOfConstraint } from '../../src/state/lost-race.js';
import { parsePostgresqlLocation } from '../../src/state/postgresql/location.js';
import { migratePostgresql } from '../../src/state/postgresql/migrate.js';
import { openPostgresqlState } from '../../src/state/postgresql/open-state.js';
import { expectNumbersBeyond32Bits } from '../contract/state/change-numbers.js';
import { expectRowsBeyond32Bits, numberedTables } from '../contract/state/row-numbers.js';
import { testStateContract } from '../contract/state/state-contract.js';
import { usePostgresql } from '../support/postgresql.js';

/** A process is warned once, so from its beginning on. */
const warned = new Promise<Error>((resolve) => process.once('warning', resolve));

const postgresql = usePostgresql();

testStateContract('PostgreSQL', async (limits) => {
  const location = parsePostgresqlLocation(await postgresql().createDatabase(), undefined);
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
  const database = await postgresql().createDatabase();
  await migratePostgresql(parsePostgresqlLocation(database, undefined));
  const rules = await postgresql().query(
    database,
    `SELECT "indexname" AS "name" FROM pg_indexes WHERE "schemaname" = 'public' AND "indexdef" LIKE 'CREATE UNIQUE%'`,
  );
  const unnamed = rules.map(({ name }) => name).filter((name) => !ruleOfConstraint(name));
  // numbered by the database itself
  expect(unnamed.sort()).toEqual([
    'Change_pkey',
    'ImageAltText_pkey',
    'ImageMetadata_pkey',
    'Origin_pkey',
    'WebhookDelivery_pkey',
    '_prisma_migrations_pkey',
  ]);
});

test('the journal goes on after more changes than 32 bits can number', async () => {
  const database = await postgresql().createDatabase();
  const state = await openPostgresqlState({ location: parsePostgresqlLocation(database, undefined) });
  onTestFinished(() => state.close());
  await expectNumbersBeyond32Bits(state, async (last) => {
    await postgresql().query(database, `SELECT setval('"Change_seq_seq"', ${last})`);
  });
});

test('metadata, texts, origins and deliveries go on after more rows than 32 bits can number', async () => {
  const database = await postgresql().createDatabase();
  const state = await openPostgresqlState({ location: parsePostgresqlLocation(database, undefined) });
  onTestFinished(() => state.close());
  await expectRowsBeyond32Bits(state, async (table, last) => {
    await postgresql().query(database, `SELECT setval(pg_get_serial_sequence('"${table}"', 'id'), ${last})`);
  });
});

test('whatever the database numbers by itself has 64 bits, and so has the sequence', async () => {
  const database = await postgresql().createDatabase();
  await migratePostgresql(parsePostgresqlLocation(database, undefined));
  const columns = await postgresql().query(
    database,
    `SELECT "table_name" AS "table", "data_type" AS "type" FROM information_schema.columns
     WHERE "table_schema" = 'public' AND "column_default" LIKE 'nextval(%' ORDER BY 1`,
  );
  expect(columns).toEqual(['Change', ...numberedTables].sort().map((table) => ({ table, type: 'bigint' })));
  const narrow = await postgresql().query(
    database,
    `SELECT * FROM pg_sequences WHERE "data_type" <> 'bigint'::regtype`,
  );
  expect(narrow).toEqual([]);
});

test('no connection is given a statement while it runs another', async () => {
  const location = parsePostgresqlLocation(await postgresql().createDatabase(), undefined);
  const state = await openPostgresqlState({ location });
  onTestFinished(() => state.close());
  const duties = Array.from({ length: 5 }, () => [
    state.once('upkeep', async () => undefined),
    state.once('delivery', async () => undefined),
  ]);
  await Promise.all(duties.flat());
  expect(await Promise.race([warned, sleep(100)])).toBeUndefined();
});
