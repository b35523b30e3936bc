import { describe, expect, onTestFinished, test } from 'vitest';
import { createDatabase, dropDatabase, queryDatabase } from '../../scripts/postgresql-server.mjs';
import { newestFirst } from '../../src/domain/images/image-query.js';
import { parsePostgresqlLocation } from '../../src/state/postgresql/location.js';
import { openPostgresqlState } from '../../src/state/postgresql/open-state.js';
import { StartRefusedError } from '../../src/state/start-refused-error.js';
import type { StateOptions } from '../../src/state/state.js';
import { testStateContract } from '../contract/state/state-contract.js';
import { newGate } from '../support/gate.js';
import { insertSample, sampleAccountId, sampleImage } from '../support/samples.js';

const { TEST_DATABASE_URL: poolerUrl = '', TEST_DATABASE_DIRECT_URL: serverUrl = '' } = process.env;

// `.ci/postgresql` starts one: without it there is no pooler to test
describe.runIf(poolerUrl !== '' && serverUrl !== '')('behind a pooler in transaction mode', () => {
  /** The states of two servers on one new database. */
  const openPair = async (options: StateOptions = {}) => {
    const directUrl = await createDatabase(serverUrl);
    const pooled = new URL(poolerUrl);
    pooled.pathname = new URL(directUrl).pathname;
    const location = parsePostgresqlLocation(pooled.href, directUrl);
    const states = [
      await openPostgresqlState({ ...options, location }),
      await openPostgresqlState({ ...options, location }),
    ] as const;
    return {
      pooledUrl: pooled.href,
      directUrl,
      states,
      closeStates: async () => {
        for (const state of states) await state.close();
      },
      close: async () => {
        for (const state of states) await state.close();
        await dropDatabase(directUrl);
      },
    };
  };

  const usePair = async (options?: StateOptions) => {
    const pair = await openPair(options);
    onTestFinished(pair.close);
    return pair;
  };

  testStateContract('PostgreSQL', (limits) => openPair({ limits }));

  /** What each connection of the pooler to the database says: more clients than it has connections ask at once. */
  const askAll = (pooledUrl: string, sql: string) =>
    Promise.all(
      Array.from({ length: 20 }, async () => (await queryDatabase(pooledUrl, `SELECT pg_sleep(0.05), ${sql}`))[0]),
    );

  test('many clients share few connections, and nothing of one is left for the next: no statement, timeout or lock', async () => {
    const { states, pooledUrl, directUrl, closeStates } = await usePair({
      limits: { scanSeconds: 0.001, scansWaiting: 100 },
    });
    const accountId = sampleAccountId();
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => insertSample(states[index % 2 ? 0 : 1], sampleImage({ accountId }))),
    );
    const scan = {
      accountId,
      order: newestFirst,
      take: 'first',
      skip: 0,
      limit: 100,
      filter: { altTextContains: 'text' },
    } as const;
    // some are interrupted, some are too many
    await Promise.allSettled(Array.from({ length: 40 }, () => states[0].read.images(scan)));
    const seen = await askAll(
      pooledUrl,
      `pg_backend_pid() AS "pid", current_setting('statement_timeout') AS "timeout",
       (SELECT count(*)::int FROM pg_prepared_statements) AS "statements"`,
    );
    expect(new Set(seen.map(({ pid }) => pid)).size).toBeLessThan(seen.length);
    for (const { timeout, statements } of seen)
      expect({ timeout, statements }).toEqual({ timeout: '0', statements: 0 });
    await closeStates();
    // the connections of the pooler are still there
    const locks = `SELECT * FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    await expect.poll(() => queryDatabase(directUrl, locks)).toEqual([]);
  });

  test('a server that is given no other way to the database than the pooler is refused', async () => {
    const { pooledUrl } = await usePair();
    for (const migrate of [true, false]) {
      const opening = openPostgresqlState({ location: parsePostgresqlLocation(pooledUrl, undefined), migrate });
      await expect(opening).rejects.toThrow(StartRefusedError);
      await expect(opening).rejects.toThrow('Set DATABASE_DIRECT_URL');
    }
  });

  test('a server hears at once what the other one commits', async () => {
    const { states } = await usePair();
    const [first, second] = states;
    let image = await insertSample(first, sampleImage());
    const versionAtSecond = async () => (await second.publicImages.find(image.publicId))?.image.version;
    for (let round = 0; round < 20; round += 1) {
      // a notice of the write before may still remove it
      await expect
        .poll(async () => {
          await versionAtSecond();
          return second.publicImages.peek(image.publicId);
        })
        .toMatchObject({ image: { version: image.version } });
      image = await first.write((writer) =>
        writer.updateImage(image, { updatedOn: new Date(), version: image.version + 1 }),
      );
      await expect.poll(versionAtSecond, { interval: 5 }).toBe(image.version);
    }
    await second.checkHeard();
  });

  test('a duty is held for as long as its work takes, whatever else runs, and is free after it', async () => {
    const { states } = await usePair();
    const [first, second] = states;
    const [begun, over] = [newGate(), newGate()];
    let ran = 0;
    const work = async () => {
      ran += 1;
      begun.open();
      await over.opened;
    };
    const holding = first.once('delivery', work);
    await begun.opened;
    for (let round = 0; round < 30; round += 1) {
      await insertSample(round % 2 ? first : second, sampleImage());
      await second.once('delivery', work);
    }
    expect(ran).toBe(1);
    over.open();
    await holding;
    await second.once('delivery', work);
    expect(ran).toBe(2);
  });
});
