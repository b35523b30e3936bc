import { basename, dirname } from 'node:path';
import { Baseline } from '../baselines/baseline.js';
import type { IpxSetup } from '../baselines/ipx-server.js';
import { compare } from '../compare.js';
import { scaled } from '../pace.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { type ColdFormat, ColdRenders, coldFormats, fetchAll, quality } from './cold-renders.js';

const coldOverIpx = (format: ColdFormat): Row => ({
  name: `cold-over-ipx-${format}`,
  title: `cold resize, 12 MP JPEG to 400x400 as ${format}, over ipx 3.1.1`,
  unit: '/s',
  target: { atLeast: 1.08 },
  async measure({ workspace, sources, pace }) {
    const product = await startProduct(workspace);
    const renders = await ColdRenders.open(product, sources, format);
    const folder = dirname((await sources.photo(1)).path);
    const baseline = Baseline.start(workspace, 'ipx-server');
    const ipx = await baseline.ask<IpxSetup, { url: string }>({ folder });
    const count = scaled(80, pace);
    const modifiers = format === 'png' ? `f_${format}` : `f_${format},q_${quality}`;
    return compare(
      { measure: () => renders.fetchFromProduct(count), pid: product.pid },
      {
        measure: () =>
          fetchAll(
            renders
              .take(count)
              .map(
                ({ source, width, height }) => `${ipx.url}/s_${width}x${height},${modifiers}/${basename(source.path)}`,
              ),
          ),
        pid: baseline.pid,
      },
      pace,
    );
  },
});

export const coldOverIpxRows = coldFormats.map(coldOverIpx);
