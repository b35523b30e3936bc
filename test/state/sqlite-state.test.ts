import { join } from 'node:path';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { uniqueRules } from '../../src/state/lost-race.js';
import { openState } from '../../src/state/sqlite/open-state.js';
import { expectNumbersBeyond32Bits } from '../contract/state/change-numbers.js';
import { expectRowsBeyond32Bits } from '../contract/state/row-numbers.js';
import { testStateContract } from '../contract/state/state-contract.js';
import { openTestState } from '../support/open-test-state.js';
import { makeTempFolder } from '../support/temp-folder.js';

testStateContract('SQLite', async (limits) => {
  const folder = await makeTempFolder();
  const path = join(folder.path, 'state.db');
  const states = [await openState({ path, limits }), await openState({ path, limits })] as const;
  return {
    states,
    close: async () => {
      for (const state of states) await state.close();
      await folder.remove();
    },
  };
});

test('every unique rule of the database says what is taken where it is violated', async () => {
  const { path } = await openTestState();
  const database = new Database(path);
  try {
    const rules = database
      .prepare(
        `SELECT "table"."name" || '.' || (SELECT group_concat("name", '.') FROM pragma_index_info("index"."name"))
         FROM sqlite_master AS "table", pragma_index_list("table"."name") AS "index"
         WHERE "table"."type" = 'table' AND "index"."unique" AND "table"."name" NOT LIKE '\\_%' ESCAPE '\\'
           -- the tables that FTS5 keeps an index in
           AND "table"."name" NOT LIKE '%Text\\_%' ESCAPE '\\'`,
      )
      .pluck()
      .all();
    expect(rules.sort()).toEqual(Object.keys(uniqueRules).sort());
  } finally {
    database.close();
  }
});

const setLastNumber = (path: string, table: string, last: number): void => {
  const database = new Database(path);
  database.prepare('INSERT INTO sqlite_sequence ("name", "seq") VALUES (?, ?)').run(table, last);
  database.close();
};

test('the journal goes on after more changes than 32 bits can number', async () => {
  const { state, path } = await openTestState();
  await expectNumbersBeyond32Bits(state, async (last) => setLastNumber(path, 'Change', last));
});

test('metadata, texts, origins and deliveries go on after more rows than 32 bits can number', async () => {
  const { state, path } = await openTestState();
  await expectRowsBeyond32Bits(state, async (table, last) => setLastNumber(path, table, last));
});
