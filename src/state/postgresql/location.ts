import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/** A PostgreSQL database, and how it is reached. */
export interface PostgresqlLocation {
  readonly kind: 'postgresql';
  readonly url: URL;
  /** The most connections that the server opens for its requests. */
  readonly poolSize: number;
  /** Past a pooler: for migrations, and for all that belongs to one connection. */
  readonly directUrl: URL;
}

const defaultPoolSize = 10;
const maxPoolSize = 500;
const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'];
const parameters = ['connection_limit', 'sslmode', 'sslrootcert'];

const accepted =
  'Accepts postgres://user:password@host:port/database?connection_limit=10&sslmode=verify-full&sslrootcert=/path/ca.pem, ' +
  'of which only the host and the database are needed.';

export const isPostgresqlUrl = (text: string): boolean => /^postgres(ql)?:/.test(text);

/** @throws {Error} whose message is for the operator. It never contains the password. */
export const parsePostgresqlLocation = (text: string, directText: string | undefined): PostgresqlLocation => {
  const url = parseUrl(text);
  const poolSize = Number(url.searchParams.get('connection_limit') ?? defaultPoolSize);
  if (!Number.isInteger(poolSize) || poolSize < 2 || poolSize > maxPoolSize) {
    throw new Error(`connection_limit is a whole number from 2 to ${maxPoolSize}. ${accepted}`);
  }
  return { kind: 'postgresql', url, poolSize, directUrl: directText === undefined ? url : parseUrl(directText) };
};

const parseUrl = (text: string): URL => {
  if (!isPostgresqlUrl(text) || !URL.canParse(text)) throw new Error(`It is not a postgres:// URL. ${accepted}`);
  const url = new URL(text);
  if (!url.hostname || url.pathname.length < 2 || url.hash)
    throw new Error(`It lacks a host or a database. ${accepted}`);
  const names = [...url.searchParams.keys()];
  const unknown = names.find((name) => !parameters.includes(name));
  if (unknown !== undefined) throw new Error(`The parameter ${unknown} is unknown. ${accepted}`);
  if (new Set(names).size < names.length) throw new Error(`A parameter is repeated. ${accepted}`);
  const sslMode = url.searchParams.get('sslmode');
  if (sslMode !== null && !sslModes.includes(sslMode)) throw new Error(`sslmode is one of ${sslModes.join(', ')}.`);
  return url;
};

/** What messages call the database. */
export const nameOfPostgresql = ({ url }: PostgresqlLocation): string => `postgres://${url.host}${url.pathname}`;

/** What `pg` connects with. */
export const connectionOf = (url: URL) => ({
  host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''),
  port: Number(url.port || 5432),
  ...(url.username ? { user: decodeURIComponent(url.username) } : {}),
  ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
  database: decodeURIComponent(url.pathname.slice(1)),
  ssl: tlsOf(url.searchParams),
  application_name: 'image-facade',
  keepAlive: true,
});

/** As libpq does it: `require` encrypts, `verify-ca` also checks who signed the certificate, `verify-full` also for which host. */
const tlsOf = (given: URLSearchParams): false | ConnectionOptions => {
  const mode = given.get('sslmode') ?? 'disable';
  if (mode === 'disable') return false;
  if (mode === 'require') return { rejectUnauthorized: false };
  const rootPath = given.get('sslrootcert');
  return {
    rejectUnauthorized: true,
    ...(rootPath === null ? {} : { ca: readFileSync(rootPath, 'utf8') }),
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
};
