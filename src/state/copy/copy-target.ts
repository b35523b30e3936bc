import { existsSync } from 'node:fs';
import { incompleteIdOf } from '../../domain/originals/pair-store.js';
import { type DatabaseLocation, nameOfDatabase } from '../database-location.js';
import type { Store } from '../generated/client.js';
import { openDatabaseAt } from '../open-state.js';
import { lockDeadlineMs } from '../sqlite/lock-wait.js';
import { StartRefusedError } from '../start-refused-error.js';
import { countRows } from './copy-rows.js';
import type { OpenCopyDatabase } from './row-numbers.js';

/**
 * Opens the database that rows are copied into: a new one, one without rows, or that of an interrupted copy of the same installation.
 * @throws {StartRefusedError} for any other, which stays as it is.
 */
export const openCopyTarget = async (
  location: DatabaseLocation,
  installationId: string,
): Promise<OpenCopyDatabase & { isContinued: boolean }> => {
  const database = await openDatabaseAt(location, { migrate: await isNew(location) });
  const target = { location, database };
  try {
    const { id } = await database.reader.store.findFirstOrThrow();
    const isContinued = id === incompleteIdOf(installationId);
    if (isContinued || (await countRows(target)) === 0) return { ...target, isContinued };
    throw new StartRefusedError(
      `The database ${nameOfDatabase(location)} belongs to an installation already (id ${id}). Copy to an empty one.`,
    );
  } catch (error) {
    await database.close();
    throw error;
  }
};

const isNew = async (location: DatabaseLocation): Promise<boolean> => {
  if (location.kind === 'file') return !existsSync(location.path);
  const { isMigrated } = await import('../postgresql/migrate.js');
  return !(await isMigrated(location));
};

/** Gives the target the identity of an incomplete copy, which keeps servers from it. */
export const markIncomplete = async (to: OpenCopyDatabase, installationId: string): Promise<void> =>
  identify(to, { id: incompleteIdOf(installationId) });

/** Gives the target the identity of the source, and what else is known of the installation as a whole. */
export const completeCopy = async (from: OpenCopyDatabase, to: OpenCopyDatabase): Promise<void> =>
  identify(to, await from.database.reader.store.findFirstOrThrow());

const identify = async ({ database }: OpenCopyDatabase, data: Partial<Store>): Promise<void> => {
  await database.write(lockDeadlineMs(), (transaction) => transaction.store.updateMany({ data }));
};
