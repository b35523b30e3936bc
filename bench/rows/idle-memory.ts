import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../median.js';
import { startProduct } from '../product.js';
import { hasProcFs, noProcFs, residentMiB } from '../resident-memory.js';
import type { Row } from '../row.js';
import { end } from '../workspace.js';

const settleMs = 2_000;

export const idleMemory: Row = {
  name: 'idle-memory',
  title: 'memory of an idle server that has answered a query',
  unit: 'MiB',
  target: { atMost: 150 },
  async measure({ workspace, pace }) {
    if (!hasProcFs) return { skipped: noProcFs };
    const first = await startProduct(workspace);
    await end(first.process);
    const found: number[] = [];
    for (let round = 0; round < pace.rounds; round += 1) {
      const { process, pid } = await startProduct(workspace, first.dataFolder);
      await sleep(settleMs);
      found.push(await residentMiB(pid));
      await end(process);
    }
    return { figure: median(found) };
  },
};
