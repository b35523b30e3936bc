import type pg from 'pg';
import type { DataLock } from '../data-lock.js';
import { StartRefusedError } from '../start-refused-error.js';
import { connectDirectly } from './connect-directly.js';
import { nameOfPostgresql, type PostgresqlLocation } from './location.js';

/** Any number of servers share it; a tool that must be alone has it for itself. */
const serverLock = 1_768_253_282;

/** Acquires the lock as one of the servers, for as long as the connection lasts; false if a tool has it. */
export const tryLockAsServer = async (client: pg.Client): Promise<boolean> => {
  const { rows } = await client.query('SELECT pg_try_advisory_lock_shared($1) AS "isTaken"', [serverLock]);
  return rows[0].isTaken;
};

/**
 * Keeps servers from starting until the lock is released.
 * @throws {StartRefusedError} if one runs.
 */
export const lockOutServersOf = async (location: PostgresqlLocation): Promise<DataLock> => {
  const client = await connectDirectly(location);
  const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS "isAlone"', [serverLock]);
  const release = () => void client.end();
  if (rows[0].isAlone) return { release };
  release();
  throw new StartRefusedError(
    `A server runs on the database ${nameOfPostgresql(location)}. Stop all of its servers first.`,
  );
};
