import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError } from './config.js';
import { knownVariables } from './variables.js';

export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The path of the `.env` file that was read; null if there is none. */
  readonly filePath: string | null;
  /** A line for each variable that looks like a misspelled one of ours. */
  readonly warnings: readonly string[];
}

/**
 * The process environment on top of the `.env` file of the working folder: what the process was given wins.
 * @throws {ConfigError} if the file exists and cannot be read.
 */
export const readEnvironment = (given: NodeJS.ProcessEnv, folder = '.'): Environment => {
  const path = resolve(folder, '.env');
  const text = readIfPresent(path);
  const variables = { ...(text === null ? {} : parseEnv(text)), ...given };
  return { variables, filePath: text === null ? null : path, warnings: misspelled(Object.keys(variables)) };
};

const readIfPresent = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new ConfigError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
};

/** Short names have many neighbours in any environment: `PATH` is two letters away from `AUTH`. */
const tolerance = (name: string): number => (name.length < 8 ? 1 : 2);

const misspelled = (names: readonly string[]): string[] =>
  names.flatMap((name) => {
    if (knownVariables.includes(name)) return [];
    const meant = knownVariables.find((known) => isNear(name.toUpperCase(), known, tolerance(known)));
    return meant ? [`${name} is not a variable of image-facade and has no effect. Did you mean ${meant}?`] : [];
  });

/** Most names differ in length by more than that. To compare the letters of all of them would make a start 0.1 s longer. */
const isNear = (from: string, to: string, distance: number): boolean =>
  Math.abs(from.length - to.length) <= distance && editDistance(from, to) <= distance;

/** How many letters must be inserted, removed or replaced to turn one text into the other (Levenshtein). */
const editDistance = (from: string, to: string): number => {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 0; row < from.length; row += 1) {
    const current = [row + 1];
    for (let column = 0; column < to.length; column += 1) {
      const replaced = (previous[column] ?? 0) + (from[row] === to[column] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
};
