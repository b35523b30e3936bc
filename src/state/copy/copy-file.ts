import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fsync } from '../../lib/fsync.js';
import { SqliteConnection } from '../sqlite/connection.js';
import { whenUnlocked } from '../sqlite/lock-wait.js';
import { StartRefusedError } from '../start-refused-error.js';

/**
 * Writes a copy of the database as of one moment, in one file, while a server may read and write. The file has its name only when it is
 * complete and on the disk.
 * @throws {StartRefusedError} if the target exists.
 */
export const copyDatabase = async (databasePath: string, target: string): Promise<void> => {
  if (existsSync(target))
    throw new StartRefusedError(`${target} exists. Give the copy another name, or remove it first.`);
  const draftPath = `${resolve(target)}.part`;
  await rm(draftPath, { force: true });
  const connection = SqliteConnection.readOnly(databasePath);
  try {
    await whenUnlocked(() => connection.exec(`VACUUM INTO '${draftPath.replaceAll("'", "''")}'`));
    await fsync(draftPath);
    await rename(draftPath, target);
    await fsync(dirname(resolve(target)));
  } catch (error) {
    await rm(draftPath, { force: true });
    throw error;
  } finally {
    connection.close();
  }
};
