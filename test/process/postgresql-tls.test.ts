import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgresql } from '../../scripts/postgresql-server.mjs';
import { runServerProcess, startServerProcess } from '../support/server-process.js';
import { makeTempFolder, useTempFolder } from '../support/temp-folder.js';

let folder: Awaited<ReturnType<typeof makeTempFolder>>;
let postgresql: Awaited<ReturnType<typeof startPostgresql>>;

const openssl = (...args: string[]): void => {
  const { status, stderr } = spawnSync('openssl', args, { cwd: folder.path, encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
};

/** A certificate for `localhost` that signs itself, so that it is its own authority. */
const makeCertificate = (name: string): void => {
  openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', `${name}.key`, '-out', `${name}.pem`],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
  );
};

const pathOf = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  folder = await makeTempFolder();
  for (const name of ['server', 'stranger']) makeCertificate(name);
  // PostgreSQL reads its key only if nobody else can
  chmodSync(folder.path, 0o755);
  chmodSync(pathOf('server.key'), 0o600);
  if (process.getuid?.() === 0) chownSync(pathOf('server.key'), 65_534, 65_534);
  postgresql = await startPostgresql([
    'ssl=on',
    `ssl_cert_file=${pathOf('server.pem')}`,
    `ssl_key_file=${pathOf('server.key')}`,
  ]);
}, 60_000);
afterAll(async () => {
  await postgresql.stop();
  await folder.remove();
});

/** The URL of a new database by the name of its host, with parameters. */
const urlOf = async (host: string, parameters: string): Promise<string> =>
  `${(await postgresql.createDatabase()).replace('127.0.0.1', host)}?${parameters}`;

const encrypted = `SELECT count(*)::int AS "count", bool_and("ssl") AS "ssl" FROM pg_stat_ssl JOIN pg_stat_activity USING ("pid")
  WHERE "application_name" = 'image-facade'`;

test.each([
  ['require', '127.0.0.1', () => 'sslmode=require'],
  ['verify-ca', '127.0.0.1', () => `sslmode=verify-ca&sslrootcert=${pathOf('server.pem')}`],
  ['verify-full', 'localhost', () => `sslmode=verify-full&sslrootcert=${pathOf('server.pem')}`],
])('sslmode=%s encrypts every connection of a server', async (_mode, host, parameters) => {
  const url = await urlOf(host, parameters());
  const server = await startServerProcess({ DATA_DIR: await useTempFolder(), DATABASE_URL: url });
  const database = `postgres://postgres@127.0.0.1:${postgresql.port}${new URL(url).pathname}`;
  const [row] = await postgresql.query(database, encrypted);
  expect(row.count).toBeGreaterThan(0);
  expect(row.ssl).toBe(true);
  server.signal('SIGTERM');
  expect((await server.ended).code).toBe(0);
});

test.each([
  ['another authority', 'localhost', () => `sslmode=verify-full&sslrootcert=${pathOf('stranger.pem')}`, 'certificate'],
  ['an unknown authority', 'localhost', () => 'sslmode=verify-full', 'certificate'],
  [
    'another authority and any host',
    '127.0.0.1',
    () => `sslmode=verify-ca&sslrootcert=${pathOf('stranger.pem')}`,
    'certificate',
  ],
  ['another host', '127.0.0.1', () => `sslmode=verify-full&sslrootcert=${pathOf('server.pem')}`, 'altnames'],
])('a certificate of %s is refused with one line that says so', async (_case, host, parameters, reason) => {
  const { code, stderr } = await runServerProcess({
    DATA_DIR: await useTempFolder(),
    DATABASE_URL: await urlOf(host, parameters()),
    SIGNING_KEYS: 'k'.repeat(32),
  });
  expect(code).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/^The database postgres:\/\/\S+ cannot be used: /);
  expect(stderr).toContain(reason);
});
