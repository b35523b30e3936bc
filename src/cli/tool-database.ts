import { existsSync } from 'node:fs';
import { requireForStart } from '../app/start-requirement.js';
import { type Config, parseConfig } from '../config.js';
import { readEnvironment } from '../environment.js';
import { type DatabaseLocation, nameOfDatabase } from '../state/database-location.js';
import { openStateAlongside } from '../state/open-state.js';
import { StartRefusedError } from '../state/start-refused-error.js';
import type { OpenState } from '../state/state.js';
import { printError } from './run-tool.js';

/** The configuration of the server, from the environment and the `.env` file; what looks misspelled in them is reported. */
export const readConfig = (): Config => {
  const { variables, warnings } = readEnvironment(process.env);
  for (const warning of warnings) printError(warning);
  return parseConfig(variables);
};

/** @throws {StartRefusedError} if the database is a file that does not exist. */
export const requireDatabase = (database: DatabaseLocation, advice: string): void => {
  if (database.kind === 'file' && !existsSync(database.path)) {
    throw new StartRefusedError(`There is no database at ${database.path}${advice}`);
  }
};

/** Opens the database next to a server. @throws {StartRefusedError} */
export const openDatabase = (database: DatabaseLocation): Promise<OpenState> =>
  requireForStart(`The database ${nameOfDatabase(database)} cannot be used`, () => openStateAlongside(database));
