import { median } from '../median.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { end } from '../workspace.js';

export const startTime: Row = {
  name: 'start-time',
  title: 'from the start of the process to the first answered query',
  unit: 's',
  target: { atMost: 1 },
  async measure({ workspace, pace }) {
    // the first start makes the database, every later one finds it
    const first = await startProduct(workspace);
    await end(first.process);
    const seconds: number[] = [];
    for (let round = 0; round < pace.rounds; round += 1) {
      const { process, startMs } = await startProduct(workspace, first.dataFolder);
      seconds.push(startMs / 1_000);
      await end(process);
    }
    return {
      figure: median(seconds),
      note: `the very first, with its migrations: ${(first.startMs / 1_000).toFixed(2)} s`,
    };
  },
};
