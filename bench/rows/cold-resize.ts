import type { BareRenders } from '../baselines/bare-sharp.js';
import { Baseline } from '../baselines/baseline.js';
import { compare } from '../compare.js';
import { scaled } from '../pace.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { fetchVariants, parallelRenders, photoVariants } from './photo-variants.js';

export const coldResize: Row = {
  name: 'cold-resize',
  title: 'cold resize, 12 MP JPEG to 400x400, over bare sharp',
  unit: '/s',
  target: { atLeast: 0.96 },
  async measure({ workspace, sources, pace }) {
    const product = await startProduct(workspace);
    const bareSharp = Baseline.start(workspace, 'bare-sharp');
    const take = await photoVariants(product, sources);
    const count = scaled(80, pace);
    return compare(
      { measure: () => fetchVariants(take(count).map(({ url }) => url)), pid: product.pid },
      {
        measure: async () => {
          const renders = take(count).map(({ source, quality }) => ({ path: source.path, quality }));
          const figure = await bareSharp.ask<BareRenders, number>({ renders, parallel: parallelRenders });
          return { figure, operations: count };
        },
        pid: bareSharp.pid,
      },
      pace,
    );
  },
};
