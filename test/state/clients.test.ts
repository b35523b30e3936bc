import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openClients } from '../../src/state/clients.js';
import { migrateDatabase } from '../../src/state/migrate.js';
import { useTempFolder } from '../support/temp-folder.js';

const openMigratedClients = async () => {
  const databasePath = join(await useTempFolder(), 'state.db');
  await migrateDatabase({ databasePath });
  const clients = await openClients(databasePath);
  onTestFinished(() => clients.close());
  return clients;
};

test('the writer logs ahead, has each commit on the disk and holds foreign keys', async () => {
  const { writer } = await openMigratedClients();
  const pragmas = await writer.$queryRaw`
    SELECT journal_mode, synchronous, foreign_keys FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys`;
  const full = 2n;
  expect(pragmas).toEqual([{ journal_mode: 'wal', synchronous: full, foreign_keys: 1n }]);
});

test('the reader cannot write', async () => {
  const { reader } = await openMigratedClients();
  await expect(reader.image.deleteMany()).rejects.toThrow('readonly');
});
