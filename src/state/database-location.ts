import { fileURLToPath } from 'node:url';
import {
  isPostgresqlUrl,
  nameOfPostgresql,
  type PostgresqlLocation,
  parsePostgresqlLocation,
} from './postgresql/location.js';

/** Where the state is kept. */
export type DatabaseLocation = { readonly kind: 'file'; readonly path: string } | PostgresqlLocation;

/**
 * @param directText How a database behind a pooler is reached past it.
 * @throws {Error} whose message is for the operator.
 */
export const parseDatabaseLocation = (text: string, directText: string | undefined): DatabaseLocation => {
  if (isPostgresqlUrl(text)) return parsePostgresqlLocation(text, directText);
  if (!text.startsWith('file:')) {
    throw new Error('Accepts file: and the path of a SQLite database, or postgres://user:password@host:port/database.');
  }
  return { kind: 'file', path: text.startsWith('file://') ? fileURLToPath(text) : text.slice('file:'.length) };
};

/** What messages call the database: without credentials. */
export const nameOfDatabase = (location: DatabaseLocation): string =>
  location.kind === 'file' ? location.path : nameOfPostgresql(location);
