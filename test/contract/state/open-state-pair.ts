import { onTestFinished } from 'vitest';
import type { Limits } from '../../../src/domain/limits.js';
import type { ByteKeeper, State } from '../../../src/domain/ports.js';

/** Two connections to one new database, as two servers have them. */
export interface StatePair {
  readonly states: readonly [State & ByteKeeper, State & ByteKeeper];
  close(): Promise<void>;
}

/** What each implementation of `State` gives to its contract. */
export type OpenStatePair = (limits?: Pick<Limits, 'scanSeconds' | 'scansWaiting'>) => Promise<StatePair>;

/** A pair for the running test. */
export const useStates = async (...[open, limits]: [open: OpenStatePair, limits?: Parameters<OpenStatePair>[0]]) => {
  const { states, close } = await open(limits);
  onTestFinished(close);
  return states;
};

/** Runs both works at the same time; each ends with its result or its error. */
export const race = async (
  ...works: readonly (() => Promise<unknown>)[]
): Promise<{ won: unknown[]; lost: unknown[] }> => {
  const results = await Promise.allSettled(works.map((work) => work()));
  return {
    won: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    lost: results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
  };
};

/** Races are won by either side, and sometimes do not meet: each is run this often. */
export const raceRounds = 10;
