// node scripts/test-on-node.mjs <version> [test path ...]: runs tests, and the built server in them, on a Node from npm.
// The packages and the build stay those of the Node that installed them: what runs on one line must run on all.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const [version = '', ...tests] = process.argv.slice(2);
if (!/^\d+(\.\d+)*$/.test(version)) {
  process.stderr.write('Usage: node scripts/test-on-node.mjs <version> [test path ...], such as 24 test/process\n');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), `node-${version}-`));
// tests run servers as another user too
chmodSync(folder, 0o755);
try {
  // its install script fetches the binary of this platform, again a package from npm
  execFileSync('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `node@${version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const bin = join(folder, 'node_modules/node/bin');
  const node = join(bin, 'node');
  process.stdout.write(`Node ${execFileSync(node, ['--version'], { encoding: 'utf8' })}`);
  const { status } = spawnSync(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...tests], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
