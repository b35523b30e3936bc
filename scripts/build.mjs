// Builds the product into dist/: Prisma client, TypeScript, then the server in one file. Needs no network.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { bundleConsole } from './build-console.mjs';

const root = resolve(import.meta.dirname, '..');
const require = createRequire(import.meta.url);

/** Runs the command of an installed package, and ends the build with its exit code if it fails. */
const run = (packageName, commandName, commandArguments, { environment = {}, cwd = root } = {}) => {
  const manifestPath = require.resolve(`${packageName}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8'));
  const { status } = spawnSync(process.execPath, [join(dirname(manifestPath), bin[commandName]), ...commandArguments], {
    cwd,
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
  run('prisma', 'prisma', ['generate'], {
    environment: { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
  });
  writeFileSync(stampPath, stamp);
};

const compile = () => {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run('typescript', 'tsc', ['-p', 'src']);
};

/** These bring files of their own, or, as the GraphiQL page, are too large to be worth a copy. */
const unbundled = ['sharp', /^libsql(\/|$)/, '@graphql-yoga/render-graphiql'];

/**
 * To find, read and compile a thousand modules takes more than half of a start: what listens is one file with all that it imports.
 * It lies as deep as the modules in it, which find the package's files by their own place.
 */
const bundle = async () => {
  const bundled = await rolldown({ input: join(root, 'dist/main.js'), platform: 'node', external: unbundled });
  await bundled.write({ dir: join(root, 'dist/server'), format: 'esm' });
  for (const file of ['start.cjs', 'native-parts.cjs'])
    copyFileSync(join(root, 'dist', file), join(root, 'dist/server', file));
};

/** The types of the console's documents come from the schema, and a document that the schema does not allow fails here. */
const buildConsole = async () => {
  run('@graphql-codegen/cli', 'graphql-codegen', ['--errors-only', '--config', 'codegen.json'], {
    cwd: join(root, 'src/console'),
  });
  run('typescript', 'tsc', ['-p', 'src/console']);
  await bundleConsole();
};

generateClient();
compile();
await bundle();
await buildConsole();
