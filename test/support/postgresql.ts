import { afterAll, beforeAll } from 'vitest';
import { startPostgresql } from '../../scripts/postgresql-server.mjs';

type Postgresql = Awaited<ReturnType<typeof startPostgresql>>;

/** A PostgreSQL of the file's own, which runs as long as its tests do. */
export const usePostgresql = (): (() => Postgresql) => {
  let server: Postgresql;
  beforeAll(async () => {
    server = await startPostgresql();
  }, 60_000);
  afterAll(() => server.stop());
  return () => server;
};
