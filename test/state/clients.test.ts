import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../src/state/database.js';
import { migrateDatabase } from '../../src/state/sqlite/migrate.js';
import { openClients, openWriterConnection } from '../../src/state/sqlite/open-state.js';
import { useTempFolder } from '../support/temp-folder.js';

const openMigratedClients = async (): Promise<Database> => {
  const databasePath = join(await useTempFolder(), 'state.db');
  await migrateDatabase({ databasePath });
  const connection = openWriterConnection(databasePath);
  const clients = await openClients({ databasePath, connection, scanSeconds: 5 });
  onTestFinished(() => clients.close());
  return clients;
};

const soonMs = () => performance.now() + 1_000;

test('the writer logs ahead, has each commit on the disk and holds foreign keys', async () => {
  const clients = await openMigratedClients();
  const pragmas = await clients.write(
    soonMs(),
    (transaction) => transaction.$queryRaw`
      SELECT journal_mode, synchronous, foreign_keys FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys`,
  );
  const full = 2n;
  expect(pragmas).toEqual([{ journal_mode: 'wal', synchronous: full, foreign_keys: 1n }]);
});

test.each(['reader', 'scanner'] as const)('the %s cannot write', async (name) => {
  const { reader, scanner } = await openMigratedClients();
  const client = { reader, scanner: scanner() }[name];
  await expect(client.image.deleteMany()).rejects.toThrow(/readonly|reads only/);
  await expect(client.$queryRaw`DELETE FROM "Image" RETURNING "id"`).rejects.toThrow(/readonly|syntax/);
});
