import { basename, dirname } from 'node:path';
import { Baseline } from '../baselines/baseline.js';
import type { IpxSetup } from '../baselines/ipx-server.js';
import { compare } from '../compare.js';
import { scaled } from '../pace.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { fetchVariants, photoVariants } from './photo-variants.js';

export const coldOverIpx: Row = {
  name: 'cold-over-ipx',
  title: 'cold resize, 12 MP JPEG to 400x400, over ipx 3.1.1',
  unit: '/s',
  target: { atLeast: 1.08 },
  async measure({ workspace, sources, pace }) {
    const product = await startProduct(workspace);
    const take = await photoVariants(product, sources);
    const folder = dirname((await sources.photo(1)).path);
    const baseline = Baseline.start(workspace, 'ipx-server');
    const ipx = await baseline.ask<IpxSetup, { url: string }>({ folder });
    const count = scaled(80, pace);
    return compare(
      { measure: () => fetchVariants(take(count).map(({ url }) => url)), pid: product.pid },
      {
        measure: () =>
          fetchVariants(
            take(count).map(({ source, quality }) => `${ipx.url}/s_400x400,q_${quality}/${basename(source.path)}`),
          ),
        pid: baseline.pid,
      },
      pace,
    );
  },
};
