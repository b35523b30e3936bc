import pg from 'pg';
import { DatabaseUnavailableError } from './errors.js';
import { connectionOf, type PostgresqlLocation } from './location.js';

const connectMs = 5_000;

/** A connection past any pooler, for what lasts longer than a transaction: advisory locks and notices. Its owner ends it. */
export const connectDirectly = async ({ directUrl }: PostgresqlLocation): Promise<pg.Client> => {
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
