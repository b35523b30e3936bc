import { join } from 'node:path';
import type { BareStores } from '../baselines/bare-store.js';
import { Baseline } from '../baselines/baseline.js';
import { compare } from '../compare.js';
import { Uploader } from '../load/upload.js';
import { scaled } from '../pace.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { runParallel } from '../run-parallel.js';
import { distinctJpeg } from '../sources/distinct-jpeg.js';

const parallel = 4;

export const uploads: Row = {
  name: 'uploads',
  title: 'uploads of 1 MB JPEGs, over hashing, decoding and writing them with fsync',
  unit: '/s',
  target: { cpuAtMost: 1.35 },
  async measure({ workspace, sources, pace }) {
    const product = await startProduct(workspace);
    const bareStore = Baseline.start(workspace, 'bare-store');
    const { path: photoPath, bytes } = await sources.upload();
    const uploader = new Uploader(product, parallel);
    let made = 0;
    const takeNumbers = () => Array.from({ length: scaled(80, pace) }, () => (made += 1));
    const found = await compare(
      {
        measure: async () => {
          const numbers = takeNumbers();
          const figure = await runParallel(numbers, parallel, async (number) => {
            await uploader.upload(distinctJpeg(bytes, number));
          });
          return { figure, operations: numbers.length };
        },
        pid: product.pid,
      },
      {
        measure: async () => {
          const numbers = takeNumbers();
          const folder = join(workspace.folder, 'bare');
          const figure = await bareStore.ask<BareStores, number>({ folder, photoPath, numbers, parallel });
          return { figure, operations: numbers.length };
        },
        pid: bareStore.pid,
      },
      pace,
    );
    uploader.close();
    return found;
  },
};
