import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openState } from '../../src/state/sqlite/open-state.js';
import type { OpenState } from '../../src/state/state.js';
import { useTempFolder } from './temp-folder.js';

export interface TestState {
  readonly state: OpenState;
  readonly path: string;
  /** The statements since the last call. */
  takeQueries(): string[];
}

/** A new state of its own for the running test. */
export const openTestState = async (): Promise<TestState> => {
  const path = join(await useTempFolder(), 'state.db');
  const queries: string[] = [];
  const state = await openState({ path, onQuery: (sql) => queries.push(sql) });
  onTestFinished(() => state.close());
  // those of the opening
  queries.length = 0;
  return { state, path, takeQueries: () => queries.splice(0) };
};
