import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fullPace, type Pace, quickPace } from './pace.js';
import { writeResults } from './results-file.js';
import type { Outcome, Row } from './row.js';
import { namedRows, rows } from './rows/rows.js';
import { Sources } from './sources/sources.js';
import { formatTable, type Result } from './table.js';
import { Workspace } from './workspace.js';

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const usage = `npm run bench -- [--quick] [--only <row>]...

  --quick   a tenth of the work: shows that everything runs
  --only    one row, or several by repeating it, or all that begin like it: ${namedRows.map(({ name }) => name).join(', ')}`;

const chosenRows = (names: readonly string[]): readonly Row[] => {
  const isNamed = (row: Row, name: string) => row.name === name || row.name.startsWith(`${name}-`);
  const unknown = names.filter((name) => !namedRows.some((row) => isNamed(row, name)));
  if (unknown.length > 0) throw new Error(`There is no row ${unknown.join(', ')}.\n\n${usage}`);
  return names.length === 0 ? rows : namedRows.filter((row) => names.some((name) => isNamed(row, name)));
};

/** A row that fails leaves the others their turn. */
const measure = async (row: Row, sources: Sources, pace: Pace, workspaces: Set<Workspace>): Promise<Outcome> => {
  const workspace = await Workspace.open();
  workspaces.add(workspace);
  try {
    return await row.measure({ workspace, sources, pace });
  } catch (error) {
    process.exitCode = 1;
    return { skipped: `failed: ${error instanceof Error ? error.message : error}` };
  } finally {
    workspaces.delete(workspace);
    await workspace.close();
  }
};

const run = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, only: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  });
  if (values.help) return print(usage);
  const chosen = chosenRows(values.only ?? []);
  const ground = await Workspace.open();
  const workspaces = new Set([ground]);
  // no process outlives the benchmark
  const abandon = (): void => {
    Promise.all([...workspaces].map((workspace) => workspace.close())).finally(() => process.exit(1));
  };
  process.once('SIGINT', abandon).once('SIGTERM', abandon);
  const results: Result[] = [];
  try {
    const sources = new Sources(join(ground.folder, 'sources'));
    for (const row of chosen) {
      print(`${row.name} ...`);
      results.push({ row, outcome: await measure(row, sources, values.quick ? quickPace : fullPace, workspaces) });
    }
  } finally {
    await ground.close();
  }
  print(`\n${formatTable(results)}`);
  if (chosen === rows && !values.quick) print(`\nWritten to ${writeResults(results)}`);
};

run().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
