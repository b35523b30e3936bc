import { setTimeout as sleep } from 'node:timers/promises';
import { fetchEach } from '../load/fetch-each.js';
import { Uploader } from '../load/upload.js';
import { scaled } from '../pace.js';
import { startProduct } from '../product.js';
import { hasProcFs, noProcFs, residentMiB } from '../resident-memory.js';
import type { Row } from '../row.js';
import { clients } from './render-clients.js';

const settleMs = 1_000;
const formats = ['jpeg', 'webp', 'png'];
const fits = ['cover', 'contain', 'inside'];
const sides = 180;

/** Parameters of which no two are the same. */
const mixedQuery = (number: number): string => {
  const format = formats[number % formats.length];
  const fit = fits[Math.floor(number / 3) % fits.length];
  const width = 40 + (Math.floor(number / 9) % sides);
  const height = 40 + ((Math.floor(number / 9) * 7 + Math.floor(number / (9 * sides))) % sides);
  return `size=${width}x${height}&format=${format}&fit=${fit}`;
};

export const renderMemory: Row = {
  name: 'render-memory',
  title: 'memory after 10,000 mixed renders, over that after 1,000',
  unit: 'MiB',
  target: { atMost: 1.25 },
  async measure({ workspace, sources, pace }) {
    if (!hasProcFs) return { skipped: noProcFs };
    const product = await startProduct(workspace);
    const uploader = new Uploader(product, 1);
    const photos = await Promise.all([sources.avatar(1), sources.avatar(2), sources.transparent()]);
    const links: string[] = [];
    for (const { bytes } of photos) {
      const { publicId } = await uploader.upload([bytes]);
      links.push(`${product.url}/images/${publicId}`);
    }
    uploader.close();

    let made = 0;
    const nextUrl = () => {
      const url = `${links[made % links.length]}?${mixedQuery(Math.floor(made / links.length))}`;
      made += 1;
      return url;
    };
    const memoryAfter = async (total: number): Promise<number> => {
      await fetchEach(Array.from({ length: total - made }, nextUrl), clients);
      await sleep(settleMs);
      return residentMiB(product.pid);
    };
    const baseline = await memoryAfter(scaled(1_000, pace));
    const figure = await memoryAfter(scaled(10_000, pace));
    return { figure, baseline, ratio: figure / baseline };
  },
};
