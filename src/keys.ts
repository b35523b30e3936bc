import { parseArgs } from 'node:util';
import { ConfigError, parseConfig } from './config.js';
import { type ApiKey, type ApiKeyId, apiKeyIdLength, asApiKeyId } from './domain/api-key.js';
import { isScope, scopes } from './domain/caller.js';
import { DomainError } from './domain/errors.js';
import { asAccountId } from './domain/image.js';
import { createKey, type KeyDependencies, listKeys, revokeKey } from './domain/services/manage-keys.js';
import { alphanumericIds } from './lib/alphanumeric-ids.js';
import { openStateBeside } from './state/open-beside.js';
import { StartRefusedError } from './state/start-refused-error.js';

const usage = `Manages the keys of a server with AUTH=keys, which may run meanwhile.

  npm run keys -- create --account <uuid> --scope <scope> [--scope <scope> ...]
  npm run keys -- create --account '*' --scope <scope>      a key for all accounts
  npm run keys -- list
  npm run keys -- revoke <id>

Scopes: ${scopes.join(', ')}.
Those of metal images, which belong to no account, need a key for all accounts.
DATA_DIR and DATABASE_URL in the environment say which server's keys, as they do for the server.
A new key is honoured at once, a revocation within two seconds.
`;

/** The command line is not one of those that the usage shows. */
class UsageError extends Error {}

/** What a command does with the keys; resolves with the text that it prints. */
type Command = (dependencies: KeyDependencies) => Promise<string>;

const parseCommand = (args: string[]): Command => {
  const { values, positionals } = parseArguments(args);
  const [name, ...rest] = positionals;
  const given = Object.keys(values);
  if (name === 'create' && rest.length === 0) return create(values.account, values.scope ?? []);
  if (name === 'list' && rest.length === 0 && given.length === 0) return list;
  if (name === 'revoke' && rest.length === 1 && given.length === 0) return revoke(rest[0] ?? '');
  throw new UsageError(name ? `Not understood: ${args.join(' ')}` : 'Say what to do.');
};

const parseArguments = (args: string[]) => {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        account: { type: 'string' },
        scope: { type: 'string', multiple: true },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

const create = (account: string | undefined, names: readonly string[]): Command => {
  const accountId = account === '*' ? null : asAccountId(account ?? '');
  if (accountId === undefined)
    throw new UsageError("--account takes the UUID of an account, or '*' in quotes for all.");
  const granted = names.filter(isScope);
  if (granted.length === 0 || granted.length < names.length) {
    throw new UsageError(`--scope is given once or more and takes ${scopes.join(', ')}.`);
  }
  return async (dependencies) => {
    const { key, secret } = await createKey(dependencies)({ accountId, scopes: granted });
    return `The key is made. Its secret is shown this once: what the server keeps is only its hash.

  id       ${key.id}
  secret   ${secret}
  account  ${accountOf(key)}
  scopes   ${key.scopes.join(' ')}

  curl -u ${key.id}:${secret} ...
  curl -H 'Authorization: Bearer ${key.id}.${secret}' ...
`;
  };
};

const list: Command = async (dependencies) => {
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
    throw new UsageError(`revoke takes the id of a key: ${apiKeyIdLength} letters and digits, as list shows it.`);
  return async (dependencies) => {
    const key = await revokeKey(dependencies)(id);
    return `The key ${key.id} is revoked since ${dateOf(key.revokedOn)}. A running server refuses it within two seconds.\n`;
  };
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

const run = async (): Promise<void> => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) return print(usage);
  const command = parseCommand(args);
  const { dataFolder, databasePath } = parseConfig(process.env);
  const state = await openStateBeside(dataFolder, databasePath);
  const newKeyId = alphanumericIds(apiKeyIdLength) as () => ApiKeyId;
  try {
    print(await command({ state, now: () => new Date(), newKeyId }));
  } finally {
    await state.close();
  }
};

run().catch((error: unknown) => {
  const isExpected = [ConfigError, StartRefusedError, DomainError].some((type) => error instanceof type);
  const isUsage = error instanceof UsageError;
  const text = isExpected || isUsage ? (error as Error).message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(isUsage ? `${text}\n\n${usage}` : `${text}\n`);
  process.exitCode = isUsage ? 2 : 1;
});
