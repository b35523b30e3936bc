import { nameOfDatabase } from '../state/database-location.js';
import { runTool, UsageError } from './run-tool.js';
import { openDatabase, readConfig } from './tool-database.js';

const usage = `Brings the database up to date, which a server does at its start unless it has MIGRATE=off.

  npm run migrate

DATA_DIR and DATABASE_URL say which database, in the environment or in a .env file, as they do for the server. A missing one is created.
`;

runTool(usage, async (args) => {
  if (args.length > 0) throw new UsageError(`Not understood: ${args.join(' ')}`);
  const { database } = readConfig();
  await (await openDatabase(database)).close();
  process.stdout.write(`The database ${nameOfDatabase(database)} is up to date.\n`);
});
