import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { runParallel } from '../run-parallel.js';
import { distinctJpeg } from '../sources/distinct-jpeg.js';
import { handleMessages } from './baseline.js';

export interface BareStores {
  readonly folder: string;
  readonly photoPath: string;
  /** A number for each file, which makes it another one. */
  readonly numbers: readonly number[];
  readonly parallel: number;
}

sharp.concurrency(1);
sharp.cache(false);

const synced = async (path: string, flags: string, work?: (file: FileHandle) => Promise<void>): Promise<void> => {
  const file = await open(path, flags);
  try {
    await work?.(file);
    await file.sync();
  } finally {
    await file.close();
  }
};

/**
 * What no upload can do without: to hash the bytes, to bring them to the disk under their hash, and to decode them. Answers files
 * per second.
 */
handleMessages(async ({ folder, photoPath, numbers, parallel }: BareStores) => {
  await mkdir(folder, { recursive: true });
  const photo = await readFile(photoPath);
  return runParallel(numbers, parallel, async (number) => {
    const bytes = Buffer.concat(distinctJpeg(photo, number));
    const path = join(folder, `${number}.incoming`);
    const hash = createHash('sha256').update(bytes).digest('hex');
    await synced(path, 'wx', (file) => file.writeFile(bytes));
    await sharp(path).raw().toBuffer();
    await rename(path, join(folder, hash));
    await synced(folder, 'r');
  });
});
