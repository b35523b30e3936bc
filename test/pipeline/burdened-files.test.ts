import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { type Burden, extendedWebp, jpegBurdens, pngBurdens, webpBurdens } from '../fixtures/burdens.js';
import { photoJpeg, photoPng, photoWebp } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 120_000 });

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const run = promisify(execFile);

/** Has the compiled pipeline inspect a file and render it twice, in a process of its own, and prints what it took. */
const script = `
  import { createImageProcessor } from '${dist}/pipeline/processor.js';
  import { defaultLimits } from '${dist}/domain/limits.js';
  const [path] = process.argv.slice(1);
  const processor = createImageProcessor(defaultLimits);
  const plan = { width: 400, height: 400, format: 'webp', quality: 80, resize: { kind: 'scale' }, blur: null, background: null, animated: false };
  const before = process.cpuUsage();
  const { width, height } = await processor.inspect(path);
  for (let round = 0; round < 2; round += 1) {
    await processor.render({ file: { path }, sha256: 'a', size: { width, height }, frameCount: 1 }, plan);
  }
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, mebibytes: process.resourceUsage().maxRSS / 1024 }));
`;

interface Cost {
  readonly cpuSeconds: number;
  readonly mebibytes: number;
}

async function costOf(bytes: Buffer): Promise<Cost> {
  const path = join(await useTempFolder(), 'file');
  await writeFile(path, bytes);
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script, path]);
  return JSON.parse(stdout);
}

/** Other work on the machine makes a run dearer now and then, so one round with a plain run next to it decides. */
const rounds = 4;

/** Enough pixels that the machine's noise is small next to them. */
const size = { width: 2_600, height: 2_000 };
const formats: readonly (readonly [string, () => Promise<Buffer>, readonly Burden[]])[] = [
  ['png', () => photoPng(size), pngBurdens],
  // its decoder skips most of the work of a small variant
  ['jpeg', () => photoJpeg({ width: 4_000, height: 3_000 }), jpegBurdens],
  ['webp', async () => extendedWebp(await photoWebp(size), size), webpBurdens],
];

test.each(formats)(
  'no %s costs half more CPU or 100 MB more than the same pixels saved plainly',
  async (_format, make, burdens) => {
    const plain = await make();
    let plainCost = await costOf(plain);
    for (const [trait, add] of burdens) {
      const burdened = add(plain);
      const dearer: unknown[] = [];
      for (let round = 0; round < rounds && dearer.length === round; round += 1) {
        if (round > 0) plainCost = await costOf(plain);
        const cost = await costOf(burdened);
        const isDear = cost.cpuSeconds > 1.5 * plainCost.cpuSeconds || cost.mebibytes > plainCost.mebibytes + 100;
        if (isDear) dearer.push({ cost, plainCost });
      }
      expect(dearer.length, `${trait}: ${JSON.stringify(dearer)}`).toBeLessThan(rounds);
    }
  },
);
