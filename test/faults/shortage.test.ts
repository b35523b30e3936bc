import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { sharp } from '../../src/pipeline/sharp.js';
import { cmykJpeg, interlacedPng, photoJpeg, photoPng, photoWebp, taggedJpeg } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';

// a start of Node takes seconds on a busy machine
vi.setConfig({ testTimeout: 120_000 });

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** Has the compiled pipeline inspect and render files, and prints what became of each. */
const script = `
  import { closeSync, openSync, readFileSync } from 'node:fs';
  import { createImageProcessor } from '${dist}/pipeline/processor.js';
  import { defaultLimits } from '${dist}/domain/limits.js';
  const [mode, ...paths] = process.argv.slice(1);
  let causes = 0;
  const processor = createImageProcessor(defaultLimits, (cause) => { if (cause instanceof Error) causes += 1; });
  const plan = { width: 20, height: 20, format: 'webp', quality: 80, resize: { kind: 'scale' }, blur: null, background: null, animated: false };
  const outcome = (work) => work.then(() => 'ok', (error) => error.constructor.name);
  let hash = 0;
  const tryAll = async (spare) => {
    for (const path of paths) {
      const source = { file: { path }, sha256: String(hash++), size: { width: 640, height: 480 }, frameCount: 1 };
      console.log(JSON.stringify({ spare, inspect: await outcome(processor.inspect(path)), render: await outcome(processor.render(source, plan)) }));
    }
  };
  if (mode === 'memory') {
    await tryAll(null);
    console.log(JSON.stringify({ peakKilobytes: Number(/VmPeak:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) }));
  }
  else {
    await tryAll('warm-up');
    const held = [];
    try { for (;;) held.push(openSync('/dev/null')); } catch {}
    for (const spare of [0, 1, 2, 3, 4]) {
      if (spare > 0) closeSync(held.pop());
      await tryAll(spare);
    }
    for (const file of held) closeSync(file);
    await tryAll('recovered');
    console.log(JSON.stringify({ causes }));
  }
`;

interface Line {
  readonly spare: number | string | null;
  readonly inspect: string;
  readonly render: string;
  readonly causes?: number;
  readonly peakKilobytes?: number;
}

/** Runs the script within limits of the shell. A process that the lack of memory ends prints less. */
async function runWithin(ulimit: string, mode: string, paths: readonly string[]): Promise<readonly Line[]> {
  const node = [process.execPath, '--max-old-space-size=64', '--input-type=module', '-e', script, mode, ...paths];
  const child = spawn('bash', ['-c', `ulimit ${ulimit}; exec "$@"`, 'bash', ...node], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  await once(child, 'close');
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const store = async (files: Readonly<Record<string, Buffer>>): Promise<string[]> => {
  const folder = await useTempFolder();
  return Promise.all(
    Object.entries(files).map(async ([name, bytes]) => {
      await writeFile(join(folder, name), bytes);
      return join(folder, name);
    }),
  );
};

test('a valid file is never called corrupt for want of file descriptors, and is accepted as soon as there are some', async () => {
  const paths = await store({
    jpeg: await photoJpeg(),
    tagged: await taggedJpeg(),
    cmyk: await cmykJpeg(),
    png: await photoPng(),
    interlaced: await interlacedPng(),
    webp: await photoWebp(),
  });
  const lines = await runWithin('-n 64', 'descriptors', paths);
  const outcomes = lines.filter(({ causes }) => causes === undefined);
  expect(outcomes).toHaveLength(7 * paths.length);
  for (const { spare, inspect, render } of outcomes) {
    if (spare === 0) expect([inspect, render]).toEqual(['UnavailableError', 'UnavailableError']);
    else if (typeof spare === 'string') expect([inspect, render]).toEqual(['ok', 'ok']);
    else for (const outcome of [inspect, render]) expect(outcome).toMatch(/^(ok|UnavailableError)$/);
  }
  // each is reported with its cause
  const failures = outcomes.flatMap(({ inspect, render }) => [inspect, render]).filter((outcome) => outcome !== 'ok');
  expect(lines.at(-1)?.causes).toBe(failures.length);
});

test('a valid file is never called corrupt for want of memory or threads', async () => {
  const size = { width: 2_000, height: 1_500 };
  const noise = sharp({
    create: { ...size, channels: 4, background: '#80402080', noise: { type: 'gaussian', mean: 128, sigma: 40 } },
  });
  const paths = await store({
    jpeg: await noise.clone().jpeg({ progressive: true }).toBuffer(),
    png: await noise.clone().png({ progressive: true, compressionLevel: 1 }).toBuffer(),
    webp: await noise.clone().webp({ effort: 0 }).toBuffer(),
    lossless: await noise.clone().webp({ lossless: true, effort: 0 }).toBuffer(),
  });
  const peak = (await runWithin('-v unlimited', 'memory', paths)).at(-1)?.peakKilobytes ?? Number.NaN;
  const seen = new Set<string>();
  let shortages = 0;
  // from too little for Node to start to enough for everything
  for (let kilobytes = peak - 300_000; kilobytes <= peak; kilobytes += 50_000) {
    const lines = await runWithin(`-v ${kilobytes}`, 'memory', paths);
    const outcomes = lines
      .filter(({ peakKilobytes }) => !peakKilobytes)
      .flatMap(({ inspect, render }) => [inspect, render]);
    for (const outcome of outcomes) seen.add(outcome);
    // a process that the lack ends prints less
    if (outcomes.includes('UnavailableError') || lines.length <= paths.length) shortages += 1;
  }
  expect(shortages).toBeGreaterThan(0);
  expect(seen).toContain('ok');
  for (const outcome of seen) expect(outcome).toMatch(/^(ok|UnavailableError)$/);
});
