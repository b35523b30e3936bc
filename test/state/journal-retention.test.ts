import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { expireChanges } from '../../src/domain/changes/expire-changes.js';
import { parsePostgresqlLocation } from '../../src/state/postgresql/location.js';
import { openPostgresqlState } from '../../src/state/postgresql/open-state.js';
import type { OpenState } from '../../src/state/state.js';
import { openTestState } from '../support/open-test-state.js';
import { usePostgresql } from '../support/postgresql.js';
import { insertSample } from '../support/samples.js';

const backlog = 50_000;
const dayMs = 24 * 60 * 60 * 1_000;
const old = new Date('2020-01-01T00:00:00.000Z');

const postgresql = usePostgresql();

/** A state whose journal begins with a backlog of old changes. */
const backlogs: Record<string, () => Promise<OpenState>> = {
  SQLite: async () => {
    const { state, path } = await openTestState();
    const database = new Database(path);
    database.exec(`WITH RECURSIVE "row"("n") AS (SELECT 1 UNION ALL SELECT "n" + 1 FROM "row" WHERE "n" < ${backlog})
      INSERT INTO "Change" ("occurredOn", "kind", "metalImageId") SELECT ${old.getTime()}, 'CREATED', 'os-' || "n" FROM "row"`);
    database.close();
    return state;
  },
  PostgreSQL: async () => {
    const database = await postgresql().createDatabase();
    const state = await openPostgresqlState({ location: parsePostgresqlLocation(database, undefined) });
    onTestFinished(() => state.close());
    await postgresql().query(
      database,
      `INSERT INTO "Change" ("occurredOn", "kind", "metalImageId")
       SELECT '${old.toISOString().replace('Z', '')}', 'CREATED', 'os-' || "n" FROM generate_series(1, ${backlog}) AS "row"("n")`,
    );
    return state;
  },
};

test.each(Object.entries(backlogs))(
  'on %s, writes go on while a large backlog of changes expires, and none of theirs goes with it',
  { timeout: 120_000 },
  async (_name, openBacklog) => {
    const state = await openBacklog();
    let isExpiring = true;
    const expired = expireChanges({
      state,
      now: () => new Date(old.getTime() + 2 * dayMs),
      changeRetentionMs: dayMs,
    })().finally(() => {
      isExpiring = false;
    });
    let written = 0;
    while (isExpiring) {
      await insertSample(state);
      written += 1;
    }
    await expired;
    // in one transaction, or in line after all of its batches, few or none would have been
    expect(written).toBeGreaterThanOrEqual(20);
    const [oldest] = await state.read.changes.oldest(1);
    expect(oldest?.seq).toBe(backlog + 1);
    expect(await state.read.changes.head()).toBe(backlog + written);
  },
);
