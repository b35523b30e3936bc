import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { QueryTimeoutError, UnavailableError } from '../../src/domain/errors.js';
import type { AccountId } from '../../src/domain/images/image.js';
import { newestFirst } from '../../src/domain/images/image-query.js';
import { migrateDatabase } from '../../src/state/sqlite/migrate.js';
import { openState } from '../../src/state/sqlite/open-state.js';
import { insertRows } from '../support/insert-rows.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { accountId as account } from '../support/test-server.js';

const accountId = account as AccountId;
const imageCount = 100_000;
const window = { accountId, order: newestFirst, take: 'first', limit: 10 } as const;
let path: string;

beforeAll(async () => {
  const folder = await makeTempFolder();
  path = `${folder.path}/state.db`;
  await migrateDatabase({ databasePath: path });
  insertRows(path, imageCount);
  return folder.remove;
}, 120_000);

/** A text that no image has, and too short for the index. */
const absent = (index: number): string => String.fromCodePoint(0x4e00 + index);

const open = async (limits = { scanSeconds: 60, scansWaiting: 100 }) => {
  const state = await openState({ path, limits });
  onTestFinished(() => state.close());
  return state;
};

/** How long the event loop was held up at most while the work ran, and how often it came round. */
const watchLoop = async (work: () => Promise<unknown>): Promise<{ longestMs: number; rounds: number }> => {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let rounds = 0;
  const timer = setInterval(() => (rounds += 1), 5);
  delay.enable();
  await work();
  delay.disable();
  clearInterval(timer);
  return { longestMs: delay.max / 1e6, rounds };
};

test('thirty filtered counts of 100,000 images never hold up the event loop', async () => {
  const state = await open();
  const counts = Array.from({ length: 30 }, (_, index) =>
    state.read.countImages(accountId, { altTextContains: absent(index) }),
  );
  const { longestMs, rounds } = await watchLoop(async () => {
    expect(await Promise.all(counts)).toEqual(counts.map(() => 0));
  });
  // one of them takes tens of milliseconds; a busy machine may hold up any process for some
  expect(rounds).toBeGreaterThan(30);
  expect(longestMs).toBeLessThan(1_000);
});

test('a list whose filter matches the last images only is read without holding up the event loop', async () => {
  const state = await open();
  let found: readonly unknown[] = [];
  const filter = { createdOn: { max: new Date(5) }, altTextContains: 'ALTERNATIVE' };
  await watchLoop(async () => {
    found = await state.read.images({ ...window, order: { key: 'updatedOn', direction: 'desc' }, filter, skip: 0 });
  });
  expect(found.map((image) => (image as { createdOn: Date }).createdOn.getTime())).toEqual([5, 4, 3, 2, 1]);
});

test('a scan that reaches its time limit fails, names what is costly, and stops using the processor', async () => {
  const state = await open({ scanSeconds: 0.01, scansWaiting: 100 });
  const filter = { altTextContains: absent(0) };
  const error = await state.read.countImages(accountId, filter).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(QueryTimeoutError);
  expect(String(error)).toContain('altTextContains');
  const before = process.cpuUsage();
  await sleep(300);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000, 'milliseconds of CPU in 300').toBeLessThan(150);
});

test('reads go on after a scan was stopped', async () => {
  // a scan of all images takes several times as long, the count of none a fraction, also on a busy machine
  const state = await open({ scanSeconds: 0.05, scansWaiting: 100 });
  for (let round = 0; round < 3; round += 1) {
    await state.read.countImages(accountId, { altTextContains: absent(0) }).catch(() => undefined);
    // an account without images is counted in no time
    expect(await state.read.countImages('nobody' as AccountId, {})).toBe(0);
    expect(await state.read.images({ ...window, filter: {}, skip: 0 })).toHaveLength(10);
  }
});

test('an account that asks for too much at once is turned away, and another one is not', async () => {
  const state = await open({ scanSeconds: 60, scansWaiting: 5 });
  const counts = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) =>
      state.read.countImages(accountId, { altTextContains: absent(index) }),
    ).concat(state.read.countImages('another' as AccountId, {})),
  );
  const refused = counts.flatMap((count) => (count.status === 'rejected' ? [count.reason] : []));
  expect(refused.length).toBeGreaterThan(20);
  expect(refused.every((reason) => reason instanceof UnavailableError)).toBe(true);
  expect(counts.at(-1)).toEqual({ status: 'fulfilled', value: 0 });
});

test('pages that an index serves do not queue behind scans', async () => {
  const state = await open();
  let counted = 0;
  const counts = Array.from({ length: 10 }, async (_, index) => {
    await state.read.countImages(accountId, { altTextContains: absent(index) });
    counted += 1;
  });
  for (const filter of [{}, { createdOn: { min: new Date(10) } }]) {
    expect(await state.read.images({ ...window, filter, skip: 0 })).toHaveLength(10);
  }
  expect(counted).toBeLessThan(10);
  await Promise.all(counts);
});

test('closing stops the scans that run', async () => {
  const state = await open();
  const counts = Array.from({ length: 5 }, (_, index) =>
    state.read.countImages(accountId, { altTextContains: absent(index) }),
  );
  const ends = Promise.allSettled(counts);
  await sleep(1);
  await state.close();
  await ends;
});

test('a page far from the start is counted off the event loop and is the right one', async () => {
  const state = await open();
  const page = await state.read.images({ ...window, filter: {}, skip: imageCount - 3 });
  expect(page.map(({ createdOn }) => createdOn.getTime())).toEqual([3, 2, 1]);
});
