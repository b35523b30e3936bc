import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, test } from 'vitest';
import { lockDatabase } from '../../src/state/data-lock.js';
import { migrateDatabase } from '../../src/state/sqlite/migrate.js';
import { runCreate, runKeys } from '../support/run-keys.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';

describe('on a new data folder', () => {
  test('a key is made, listed without its secret, revoked once, and keeps the date of that', async () => {
    const folder = join(await useTempFolder(), 'new');
    const { id, secret } = await runCreate(folder, accountId.toUpperCase(), ['images.read', 'images.write']);
    expect(id).toMatch(/^[A-Za-z0-9]{16}$/);
    expect(secret).toMatch(/^[\w-]{43}$/);

    const listed = await runKeys(folder, ['list']);
    expect(listed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(listed.stdout).toMatch(new RegExp(`^${id}  ${accountId}  \\S+Z +- +- +images.read images.write$`, 'm'));
    expect(listed.stdout).not.toContain(secret);

    const revoked = await runKeys(folder, ['revoke', id]);
    expect(revoked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`The key ${id} is revoked`) });
    expect(await runKeys(folder, ['revoke', id])).toEqual(revoked);
  });

  test('keys are for all accounts where that is said', async () => {
    const folder = await useTempFolder();
    const { id } = await runCreate(folder, '*', ['admin']);
    expect((await runKeys(folder, ['list'])).stdout).toMatch(new RegExp(`^${id}  \\* .* admin$`, 'm'));
  });
});

test('every command names the database that it works on', async () => {
  const folder = await useTempFolder();
  const { id } = await runCreate(folder, '*', ['admin']);
  const create = ['create', '--account', '*', '--scope', 'admin'];
  for (const args of [create, ['list'], ['revoke', id]]) {
    expect((await runKeys(folder, args)).stdout).toContain(`Keys in ${join(folder, 'state.db')}\n`);
  }
});

test.each([['list'], ['revoke', 'abcdefghijklmnop']])('%s creates no data folder and no database', async (...args) => {
  const folder = join(await useTempFolder(), 'nothing');
  const { exitCode, stderr } = await runKeys(folder, args);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`There is no database at ${join(folder, 'state.db')}`);
  expect(existsSync(folder)).toBe(false);
});

describe('a command line that is not understood', () => {
  test.each([
    [[], 'Say what to do.'],
    [['delete', 'x'], 'delete x'],
    [['create', '--scope', 'admin'], '--account must be the UUID of an account'],
    [['create', '--account', 'mine', '--scope', 'admin'], '--account must be the UUID of an account'],
    [['create', '--account', '*'], '--scope is given once or more and takes images.read, images.write'],
    [['create', '--account', '*', '--scope', 'images.read', '--scope', 'write'], '--scope is given once or more'],
    [['create', 'a-file', 'another', '--account', '*', '--scope', 'admin'], 'Not understood'],
    [['create', '--secret', 'x'], '--secret'],
    [['list', '--scope', 'admin'], 'Not understood'],
    [['revoke'], 'Not understood'],
    [['revoke', 'x'], 'revoke needs the id of a key'],
  ])('%j ends with 2, the reason and the usage, and makes nothing', async (args, reason) => {
    const folder = join(await useTempFolder(), 'untouched');
    const { exitCode, stdout, stderr } = await runKeys(folder, args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(reason);
    expect(stderr).toContain('npm run keys -- create --account <uuid>');
    expect(existsSync(folder)).toBe(false);
  });
});

test('--help prints the usage', async () => {
  const { exitCode, stdout } = await runKeys('/nowhere', ['--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('npm run keys -- revoke <id>');
});

test('a key that does not exist ends with 1', async () => {
  const folder = await useTempFolder();
  await runCreate(folder, '*', ['admin']);
  expect(await runKeys(folder, ['revoke', 'abcdefghijklmnop'])).toMatchObject({
    exitCode: 1,
    stderr: 'No key has the id abcdefghijklmnop.\n',
  });
});

test('a wrong configuration ends with 1 and its faults', async () => {
  expect(await runKeys(await useTempFolder(), ['list'], { AUTH: 'none' })).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('AUTH=none: Must be open or keys.'),
  });
});

describe('next to a running server', () => {
  test('a database that is up to date is used', async () => {
    const folder = await useTempFolder();
    await migrateDatabase({ databasePath: join(folder, 'state.db') });
    const lock = lockDatabase(join(folder, 'state.db'));
    expect(await runCreate(folder, '*', ['admin'])).toMatchObject({ id: expect.any(String) });
    lock.release();
  });

  test('a database that would have to be migrated is left alone, with the reason', async () => {
    const folder = await useTempFolder();
    const lock = lockDatabase(join(folder, 'state.db'));
    expect(await runKeys(folder, ['create', '--account', '*', '--scope', 'admin'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('must be migrated, but a server of another version runs on it'),
    });
    lock.release();
  });

  test('a database that a newer version made is left alone, with the reason', async () => {
    const folder = await useTempFolder();
    const databasePath = join(folder, 'state.db');
    await migrateDatabase({ databasePath });
    const database = new Database(databasePath);
    database.exec(`UPDATE _prisma_migrations SET migration_name = '29990101000000_later'`);
    database.close();
    expect(await runKeys(folder, ['list'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('written by a newer version'),
    });
  });
});

test('a key of one account with a scope of metal images is refused, and the message says what is accepted', async () => {
  const folder = await useTempFolder();
  const args = ['create', '--account', accountId, '--scope', 'images.read', '--scope', 'metal.view'];
  const { exitCode, stdout, stderr } = await runKeys(folder, args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toContain("metal.view needs a key of all accounts (--account '*')");
  // nothing is listed below the heads of the columns
  expect((await runKeys(folder, ['list'])).stdout).toMatch(/SCOPES\n$/);
});
