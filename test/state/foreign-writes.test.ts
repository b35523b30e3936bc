import { join } from 'node:path';
import Database from 'libsql';
import { expect, onTestFinished, test, vi } from 'vitest';
import { InProcessBus } from '../../src/bus/in-process-bus.js';
import { openState } from '../../src/state/sqlite/open-state.js';
import { insertSample } from '../support/samples.js';
import { useTempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 30_000 });

/** Longer than two looks take. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 800));

/** A state that reports when another process has changed images, and a connection of that process. */
const open = async () => {
  const notices: object[] = [];
  const bus = new InProcessBus(() => undefined);
  bus.consume((commit) => {
    if (!commit.isCertain) notices.push(commit);
  });
  const path = join(await useTempFolder(), 'state.db');
  const state = await openState({ path, bus });
  onTestFinished(() => state.close());
  const foreign = new Database(path);
  onTestFinished(() => void foreign.close());
  return {
    notices,
    state,
    change: () =>
      foreign.exec(`INSERT INTO "Change" ("occurredOn", "kind", "metalImageId") VALUES (0, 'CREATED', 'os-1')`),
    writeElsewhere: () => foreign.exec(`UPDATE "Image" SET "metadataRevision" = "metadataRevision" + 1`),
  };
};

test('a foreign change is reported once, and writes of this process are not', async () => {
  const { notices, state, change } = await open();
  await insertSample(state);
  await settled();
  expect(notices).toEqual([]);
  change();
  await expect.poll(() => notices.length).toBe(1);
  await settled();
  expect(notices).toHaveLength(1);
});

test('what another process writes without a change is not reported, whatever this one writes at the same time', async () => {
  const { notices, state, writeElsewhere } = await open();
  for (let round = 0; round < 10; round += 1) {
    await insertSample(state);
    writeElsewhere();
    await insertSample(state);
  }
  await settled();
  expect(notices).toEqual([]);
});

test('a foreign change between two of this process is reported', async () => {
  const { notices, state, change } = await open();
  for (let round = 1; round <= 10; round += 1) {
    await insertSample(state);
    change();
    await insertSample(state);
    expect(notices).toHaveLength(round);
  }
});
