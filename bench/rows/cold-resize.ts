import type { BareRenders } from '../baselines/bare-sharp.js';
import { Baseline } from '../baselines/baseline.js';
import { compare } from '../compare.js';
import { scaled } from '../pace.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { type ColdFormat, ColdRenders, coldFormats, quality } from './cold-renders.js';
import { parallelRenders } from './render-clients.js';

const coldResize = (format: ColdFormat): Row => ({
  name: `cold-resize-${format}`,
  title: `cold resize, 12 MP JPEG to 400x400 as ${format}, over bare sharp`,
  unit: '/s',
  target: { atLeast: 0.96 },
  async measure({ workspace, sources, pace }) {
    const product = await startProduct(workspace);
    const bareSharp = Baseline.start(workspace, 'bare-sharp');
    const renders = await ColdRenders.open(product, sources, format);
    const count = scaled(80, pace);
    return compare(
      { measure: () => renders.fetchFromProduct(count), pid: product.pid },
      {
        measure: async () => {
          const taken = renders.take(count).map(({ source, width, height }) => ({ path: source.path, width, height }));
          const figure = await bareSharp.ask<BareRenders, number>({
            renders: taken,
            format,
            quality,
            parallel: parallelRenders,
          });
          return { figure, operations: count };
        },
        pid: bareSharp.pid,
      },
      pace,
    );
  },
});

export const coldResizes = coldFormats.map(coldResize);
