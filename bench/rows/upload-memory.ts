import { Uploader } from '../load/upload.js';
import { startProduct } from '../product.js';
import { forgetPeak, hasProcFs, noProcFs, peakMiB, residentMiB } from '../resident-memory.js';
import type { Row } from '../row.js';
import { distinctJpeg } from '../sources/distinct-jpeg.js';

const uploads = 32;

export const uploadMemory: Row = {
  name: 'upload-memory',
  title: `memory growth at its peak, ${uploads} uploads of 16 MiB at once`,
  unit: 'MiB',
  target: { atMost: 150 },
  async measure({ workspace, sources }) {
    if (!hasProcFs) return { skipped: noProcFs };
    const product = await startProduct(workspace);
    const uploader = new Uploader(product, uploads);
    // what the first upload of a process loads is no growth by size
    await uploader.upload([(await sources.avatar(1)).bytes]);
    const { bytes } = await sources.largestUpload();
    const before = await residentMiB(product.pid);
    await forgetPeak(product.pid);
    await Promise.all(Array.from({ length: uploads }, (_, number) => uploader.upload(distinctJpeg(bytes, number))));
    uploader.close();
    return { figure: (await peakMiB(product.pid)) - before, note: `from ${Math.round(before)} MiB` };
  },
};
