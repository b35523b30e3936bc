// Builds the product into dist/: Prisma client, then TypeScript. Needs no network.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const require = createRequire(import.meta.url);

/** Runs the command of an installed package, and ends the build with its exit code if it fails. */
const run = (packageName, commandName, commandArguments, environment = {}) => {
  const manifestPath = require.resolve(`${packageName}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8'));
  const { status } = spawnSync(process.execPath, [join(dirname(manifestPath), bin[commandName]), ...commandArguments], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  if (status !== 0) process.exit(status ?? 1);
};

const generateClient = () => {
  const stampPath = join(root, 'src/state/generated/.stamp');
  const schema = readFileSync(join(root, 'prisma/schema.prisma'));
  const { version } = require('prisma/package.json');
  const stamp = `${version} ${createHash('sha256').update(schema).digest('hex')}\n`;
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return;
  // `generate` downloads the native schema engine unless an executable is named, and then runs neither
  run('prisma', 'prisma', ['generate'], { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' });
  writeFileSync(stampPath, stamp);
};

const compile = () => {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run('typescript', 'tsc', ['-p', 'src']);
};

generateClient();
compile();
