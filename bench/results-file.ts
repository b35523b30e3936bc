import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { isMet, type Result } from './table.js';
import { projectFolder } from './workspace.js';

/** Writes the results with what they depend on, so that runs can be compared. */
export const writeResults = (results: readonly Result[]): string => {
  const path = join(projectFolder, 'bench', 'results.json');
  const content = {
    measuredOn: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 1024 ** 3),
      platform: process.platform,
      node: process.version,
    },
    rows: results.map((result) => {
      const { name, title, unit, target } = result.row;
      return { name, title, unit, target, ...result.outcome, met: isMet(result) ?? null };
    }),
  };
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
  return path;
};
