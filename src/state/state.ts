import { access, constants, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defaultLimits } from '../domain/limits.js';
import { openClients, openWriterConnection } from './clients.js';
import type { OnQuery } from './database.js';
import { applyMigrations, readPendingMigrations } from './migrate.js';
import { refusePending } from './pending-migrations.js';
import { whenUnlocked } from './sqlite/lock-wait.js';
import { type OpenState, type StateOptions, stateOn } from './state-on.js';

export interface OpenStateOptions extends StateOptions {
  /** The SQLite file; it is created or brought up to date first. */
  readonly path: string;
  /** Makes sure, before migrations are applied, that nobody else runs on the database; a caller that holds its lock needs none. */
  readonly alone?: (<Result>(migrate: () => Promise<Result>) => Promise<Result>) | undefined;
  /** Whether a server may run on the database at the same time. */
  readonly isAlongside?: boolean | undefined;
  /** Whether a database that is not up to date is migrated; otherwise it is refused. */
  readonly migrate?: boolean | undefined;
  /** Called with each SQL statement, for tests that count them. */
  readonly onQuery?: OnQuery | undefined;
}

/** @throws {StartRefusedError} if the database can't be migrated. */
export const openState = async (options: OpenStateOptions): Promise<OpenState> => {
  const {
    path,
    alone = (migrate) => migrate(),
    migrate = true,
    limits = defaultLimits,
    onQuery,
    isAlongside = false,
  } = options;
  await mkdir(dirname(path), { recursive: true });
  const connection = await whenUnlocked(() => openWriterConnection(path));
  try {
    // SQLite opens what it may not write as read-only: the server would start, and each upload fail
    await access(path, constants.W_OK);
    const pendingMigrations = () => readPendingMigrations(connection, { databasePath: path });
    const pending = await pendingMigrations();
    if (!migrate) refusePending(path, pending);
    if (pending.length > 0) {
      // asked again: another tool may have applied them until the lock was free
      await alone(async () => applyMigrations(connection, await pendingMigrations(), { databasePath: path }));
    }
  } catch (error) {
    connection.close();
    throw error;
  }
  return stateOn(
    await openClients({ databasePath: path, connection, scanSeconds: limits.scanSeconds, onQuery, isAlongside }),
    options,
  );
};
