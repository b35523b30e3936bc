import { type ApiKey, type ApiKeyId, apiKeyIdLength, asApiKeyId } from '../domain/identity/api-key.js';
import { createKey, type KeyDependencies, listKeys, revokeKey } from '../domain/identity/manage-keys.js';
import { isScope, scopes } from '../domain/identity/scope.js';
import { asAccountId } from '../domain/images/image.js';
import { alphanumericIds } from '../lib/alphanumeric-ids.js';
import { nameOfDatabase } from '../state/database-location.js';
import { parseCommandLine, runTool, UsageError } from './run-tool.js';
import { openDatabase, readConfig, requireDatabase } from './tool-database.js';

const usage = `Manages the keys of a server with AUTH=keys. The server may be running.

  npm run keys -- create --account <uuid> --scope <scope> [--scope <scope> ...]
  npm run keys -- create --account '*' --scope <scope>      a key for all accounts
  npm run keys -- list
  npm run keys -- revoke <id>

Scopes: ${scopes.join(', ')}.
Those of metal images, which belong to no account, need a key for all accounts.
DATA_DIR and DATABASE_URL say which server's keys, in the environment or in a .env file, as they do for the server.
A new key works at once, a revocation takes effect within two seconds.
`;

interface Command {
  /** Whether it creates the data folder and the database if they are missing. */
  readonly creates: boolean;
  /** Resolves with the text that is printed below the path of the database. */
  readonly run: (dependencies: KeyDependencies) => Promise<string>;
}

const parseCommand = (args: string[]): Command => {
  const { values, positionals } = parseArguments(args);
  const [name, ...rest] = positionals;
  const given = Object.keys(values);
  if (name === 'create' && rest.length === 0) return create(values.account, values.scope ?? []);
  if (name === 'list' && rest.length === 0 && given.length === 0) return { creates: false, run: list };
  if (name === 'revoke' && rest.length === 1 && given.length === 0) return revoke(rest[0] ?? '');
  throw new UsageError(name ? `Not understood: ${args.join(' ')}` : 'Say what to do.');
};

const parseArguments = (args: string[]) => {
  return parseCommandLine({
    args,
    allowPositionals: true,
    options: {
      account: { type: 'string' },
      scope: { type: 'string', multiple: true },
    },
  });
};

const create = (account: string | undefined, names: readonly string[]): Command => {
  const accountId = account === '*' ? null : asAccountId(account ?? '');
  if (accountId === undefined)
    throw new UsageError("--account must be the UUID of an account, or '*' in quotes for all.");
  const granted = names.filter(isScope);
  if (granted.length === 0 || granted.length < names.length) {
    throw new UsageError(`--scope is given once or more and takes ${scopes.join(', ')}.`);
  }
  const run = async (dependencies: KeyDependencies): Promise<string> => {
    const { key, secret } = await createKey(dependencies)({ accountId, scopes: granted });
    return `The key was created. Its secret is shown only this once: the server keeps nothing but its hash.

  id       ${key.id}
  secret   ${secret}
  account  ${accountOf(key)}
  scopes   ${key.scopes.join(' ')}

  curl -u ${key.id}:${secret} ...
  curl -H 'Authorization: Bearer ${key.id}.${secret}' ...
`;
  };
  return { creates: true, run };
};

const list = async (dependencies: KeyDependencies): Promise<string> => {
  const keys = await listKeys(dependencies)();
  const rows = keys.map((key) => [
    key.id,
    accountOf(key),
    dateOf(key.createdOn),
    dateOf(key.lastUsedOn),
    dateOf(key.revokedOn),
    key.scopes.join(' '),
  ]);
  return table([['ID', 'ACCOUNT', 'CREATED', 'LAST USED', 'REVOKED', 'SCOPES'], ...rows]);
};

const revoke = (text: string): Command => {
  const id = asApiKeyId(text);
  if (!id)
    throw new UsageError(`revoke needs the id of a key: ${apiKeyIdLength} letters and digits, as list shows it.`);
  const run = async (dependencies: KeyDependencies): Promise<string> => {
    const key = await revokeKey(dependencies)(id);
    return `The key ${key.id} is revoked since ${dateOf(key.revokedOn)}. A running server refuses it within two seconds.\n`;
  };
  return { creates: false, run };
};

const accountOf = ({ accountId }: ApiKey): string => accountId ?? '*';
const dateOf = (date: Date | null): string => date?.toISOString() ?? '-';

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
};

const print = (text: string): void => {
  process.stdout.write(text);
};

const noKeys = ", and so there are no keys. Run this in the server's folder, or with its DATA_DIR or DATABASE_URL.";

runTool(usage, async (args) => {
  const command = parseCommand(args);
  const { database } = readConfig();
  if (!command.creates) requireDatabase(database, noKeys);
  const state = await openDatabase(database);
  const newKeyId = alphanumericIds(apiKeyIdLength) as () => ApiKeyId;
  try {
    const text = await command.run({ state, now: () => new Date(), newKeyId });
    print(`Keys in ${nameOfDatabase(database)}\n\n${text}`);
  } finally {
    await state.close();
  }
});
