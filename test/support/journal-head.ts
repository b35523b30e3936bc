import { expect, vi } from 'vitest';
import type { ChangeCursor } from '../../src/domain/changes/changes.js';
import { runSql } from './server-stores.js';
import type { TestServer } from './test-server.js';

/** The position of the newest change, once the server has heard of it: what others commit, or PostgreSQL, it hears of a moment later. */
export const journalHead = async ({ app, config }: TestServer): Promise<ChangeCursor> => {
  const [{ head } = { head: 0 }] = await runSql(config, 'SELECT max("seq") AS "head" FROM "Change"');
  await vi.waitFor(() => expect(app.changes.head.seq).toBeGreaterThanOrEqual(Number(head)), { timeout: 10_000 });
  return app.changes.head;
};
