// Builds the product into dist/: Prisma client, TypeScript, then the server in one file. Needs no network.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
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

/** The schema is written once: its client for PostgreSQL differs in the provider and in its place. */
const postgresqlSchema = (schema) => {
  const derived = schema
    .replace('provider = "sqlite"', 'provider = "postgresql"')
    .replace('"../src/state/generated"', '"./postgresql"');
  if (derived.split('postgresql').length !== 3) throw new Error('prisma/schema.prisma does not look as expected.');
  return derived;
};

const generateClients = () => {
  const generatedFolder = join(root, 'src/state/generated');
  const stampPath = join(generatedFolder, '.stamp');
  const schema = readFileSync(join(root, 'prisma/schema.prisma'), 'utf8');
  const { version } = require('prisma/package.json');
  const stamp = `${version} ${createHash('sha256').update(schema).update(postgresqlSchema(schema)).digest('hex')}\n`;
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return;
  // `generate` downloads the native schema engine unless an executable is named, and then runs neither
  // the generator refuses folders that are not as it left them
  rmSync(generatedFolder, { recursive: true, force: true });
  const environment = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
  run('prisma', 'prisma', ['generate'], { environment });
  const derivedPath = join(generatedFolder, 'postgresql.prisma');
  writeFileSync(derivedPath, postgresqlSchema(schema));
  run('prisma', 'prisma', ['generate', '--schema', derivedPath], { environment });
  writeFileSync(stampPath, stamp);
};

const compile = () => {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run('typescript', 'tsc', ['-p', 'src']);
};

/** These bring files of their own, or, as the GraphiQL page, are too large to be worth a copy; pg looks for optional parts. */
const unbundled = ['sharp', /^libsql(\/|$)/, '@graphql-yoga/render-graphiql', 'pg'];

/** V8 keeps a source with a single character beyond Latin-1 at two bytes each: 5 MiB of memory for as long as the server runs. */
const asciiOnly = {
  name: 'ascii-only',
  generateBundle: (_options, files) => {
    for (const file of Object.values(files))
      file.code = file.code?.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  },
};

/**
 * To find, read and compile a thousand modules takes more than half of a start: what listens is one file with all that it imports.
 * It lies as deep as the modules in it, which find the package's files by their own place.
 */
const bundle = async () => {
  const bundled = await rolldown({
    input: join(root, 'dist/main.js'),
    platform: 'node',
    external: unbundled,
    plugins: [asciiOnly],
  });
  await bundled.write({
    dir: join(root, 'dist/server'),
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
    // a script that was compiled before it runs has no `import()`
    dynamicImportInCjs: false,
    comments: false,
  });
  for (const file of ['start.cjs', 'server-script.cjs', 'native-parts.cjs', 'threads.cjs'])
    copyFileSync(join(root, 'dist', file), join(root, 'dist/server', file));
};

/** Runs the server up to its first response, and keeps what V8 compiled for that. A server without it only starts later. */
const precompile = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-facade-build-'));
  const { PATH, HOME } = process.env;
  const server = spawn(process.execPath, [join(root, 'scripts/precompile.mjs')], {
    cwd: folder,
    env: { PATH, HOME, DATA_DIR: folder, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  const exited = once(server, 'exit');
  for await (const line of createInterface({ input: server.stdout })) {
    const [, url] = /serves at (http:\S+)/.exec(line) ?? [];
    if (!url) continue;
    const query = encodeURIComponent('{ limits { fileBytes } }');
    const response = fetch(`${url}/graphql?query=${query}`, { headers: { accept: 'application/json' } });
    await response.finally(() => server.kill());
  }
  const [code] = await exited;
  if (code !== 0) process.stderr.write('The server did not run, so its code is compiled at each start.\n');
  rmSync(folder, { recursive: true, force: true });
};

/** The types of the console's documents come from the schema, and a document that the schema does not allow fails here. */
const buildConsole = async () => {
  run('@graphql-codegen/cli', 'graphql-codegen', ['--errors-only', '--config', 'codegen.json'], {
    cwd: join(root, 'src/console'),
  });
  run('typescript', 'tsc', ['-p', 'src/console']);
  await bundleConsole();
};

generateClients();
compile();
await bundle();
await buildConsole();
await precompile();
