import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { requireForStart } from '../app/start-requirement.js';
import { copyDatabase } from '../state/copy/copy-file.js';
import { clearRows, compareRows, copyRows, countRows } from '../state/copy/copy-rows.js';
import type { OpenCopyDatabase } from '../state/copy/row-numbers.js';
import { openStateAlone } from '../state/open-state.js';
import { StartRefusedError } from '../state/start-refused-error.js';
import { Progress } from './progress.js';
import { printLine } from './run-tool.js';

/** Copies a SQLite database as one file. */
export const copyDatabaseFile = async (fromPath: string, toPath: string, installationId: string): Promise<void> => {
  // one that an interrupted copy has left: the store said that it is ours
  if (existsSync(toPath)) {
    if ((await installationOf(toPath)) !== installationId) {
      throw new StartRefusedError(`There is another installation's database at ${toPath}.`);
    }
    await rm(toPath);
  }
  await requireForStart(`The database cannot be copied to ${toPath}`, () => copyDatabase(fromPath, toPath));
  if ((await installationOf(toPath)) !== installationId) {
    throw new StartRefusedError(`The copy ${toPath} is not that of ${fromPath}.`);
  }
  printLine(`Database copied to ${toPath}.`);
};

const installationOf = async (path: string): Promise<string> => {
  const state = await openStateAlone({ kind: 'file', path });
  try {
    return await state.read.storeId();
  } finally {
    await state.close();
  }
};

/** Copies the rows between databases of different kinds, or between servers. Resolves with whether they are the same in the end. */
export const copyDatabaseRows = async (from: OpenCopyDatabase, to: OpenCopyDatabase): Promise<boolean> => {
  if (await copyAndCompare(from, to)) return true;
  // the source changed since an interrupted copy began
  printLine('Rows of the source have changed since the copy began. Copying all rows again.');
  await clearRows(to);
  if (await copyAndCompare(from, to)) return true;
  printLine('The copy is not right. Make sure that nothing writes to either database, and run this again.');
  return false;
};

const copyAndCompare = async (from: OpenCopyDatabase, to: OpenCopyDatabase): Promise<boolean> => {
  const total = await countRows(from);
  const copying = new Progress(total, 'rows copied', process.stderr);
  copying.step((await countRows(to)) ?? 0);
  await copyRows({ from, to }, (count) => copying.step(count)).finally(() => copying.clear());
  const comparing = new Progress(total, 'rows compared', process.stderr);
  let compared = 0;
  const differences = await compareRows({ from, to }, (count) => {
    compared += count;
    comparing.step(count);
  }).finally(() => comparing.clear());
  for (const { table, rowsOfSource, rowsOfTarget } of differences) {
    printLine(`different   ${table}  (${rowsOfSource} rows at the source, ${rowsOfTarget} at the target)`);
  }
  if (differences.length > 0) return false;
  printLine(`Rows compared: ${compared}, all the same.`);
  return true;
};
