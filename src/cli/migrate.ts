import { requireForStart } from '../app/start-requirement.js';
import { parseConfig } from '../config.js';
import { readEnvironment } from '../environment.js';
import { nameOfDatabase } from '../state/database-location.js';
import { openStateAlongside } from '../state/open-state.js';
import { runTool, UsageError } from './run-tool.js';

const usage = `Brings the database up to date, which a server does at its start unless it has MIGRATE=off.

  npm run migrate

DATA_DIR and DATABASE_URL say which database, in the environment or in a .env file, as they do for the server. A missing one is created.
`;

runTool(usage, async (args) => {
  if (args.length > 0) throw new UsageError(`Not understood: ${args.join(' ')}`);
  const { variables, warnings } = readEnvironment(process.env);
  for (const warning of warnings) process.stderr.write(`${warning}\n`);
  const { database } = parseConfig(variables);
  const name = nameOfDatabase(database);
  const state = await requireForStart(`The database ${name} cannot be used`, () => openStateAlongside(database));
  await state.close();
  process.stdout.write(`The database ${name} is up to date.\n`);
});
