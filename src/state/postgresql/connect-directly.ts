import pg from 'pg';
import { StartRefusedError } from '../start-refused-error.js';
import { DatabaseUnavailableError } from './errors.js';
import { connectionOf, nameOfPostgresql, type PostgresqlLocation } from './location.js';

const connectMs = 5_000;

/**
 * A connection past any pooler, for what lasts longer than a transaction: advisory locks and notices. Its owner ends it.
 * @throws {StartRefusedError} if it is found to lead through a pooler.
 */
export const connectDirectly = async (location: PostgresqlLocation): Promise<pg.Client> => {
  const client = await connect(location);
  try {
    await requireOwnConnection(client, location);
    return client;
  } catch (error) {
    client.end().catch(() => undefined);
    throw error instanceof StartRefusedError ? error : new DatabaseUnavailableError(error);
  }
};

const connect = async ({ directUrl }: PostgresqlLocation): Promise<pg.Client> => {
  const client = new pg.Client({ ...connectionOf(directUrl), connectionTimeoutMillis: connectMs });
  // a failure while no statement runs is found by the next one; without a listener it would end the process
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw new DatabaseUnavailableError(error);
  }
};

/**
 * In transaction mode a pooler gives one connection of the database to many clients: notices get lost, and locks outlast their owner. It
 * invents the process that it reports to a client, and so does one that gives each client a connection of its own, which is fine.
 */
const requireOwnConnection = async (client: pg.Client, location: PostgresqlLocation): Promise<void> => {
  const pid = await pidOf(client);
  if ((client as pg.Client & { readonly processID: number }).processID === pid) return;
  const other = await connect(location);
  try {
    if ((await pidOf(other)) !== pid) return;
  } finally {
    await other.end();
  }
  throw new StartRefusedError(
    `${nameOfPostgresql({ ...location, url: location.directUrl })} is a pooler in transaction mode. Set DATABASE_DIRECT_URL to the URL of the PostgreSQL behind it.`,
  );
};

const pidOf = async (client: pg.Client): Promise<number> =>
  (await client.query('SELECT pg_backend_pid() AS "pid"')).rows[0].pid;
