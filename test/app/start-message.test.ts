import { describe, expect, test } from 'vitest';
import { startMessage, startWarnings } from '../../src/app/start-message.js';
import { parseConfig } from '../../src/config.js';

const messageFor = (variables: Record<string, string>, environmentFile: string | null = null): string =>
  startMessage({ baseUrl: 'http://127.0.0.1:4000', config: parseConfig(variables), environmentFile });

describe('the start message', () => {
  test('names the .env file only if one was read', () => {
    expect(messageFor({}, '/srv/app/.env')).toContain('configured by /srv/app/.env');
    expect(messageFor({})).not.toContain('.env');
  });

  test('has the line for a Vite page until origins are configured', () => {
    expect(messageFor({})).toContain('CORS_ORIGINS=http://localhost:5173 npm start');
    expect(messageFor({ CORS_ORIGINS: 'https://app.example' })).not.toContain('CORS_ORIGINS');
  });

  test('shows a key only where one is needed, and the schema only where it is served', () => {
    expect(messageFor({ AUTH: 'keys' })).toContain('-u id:secret');
    expect(messageFor({})).not.toContain('id:secret');
    expect(messageFor({ INTROSPECTION: 'off' })).not.toContain('schema.graphql');
  });
});

test.each([
  [{}, '/images/{publicId}?size=WxH'],
  [{ TRANSFORMS: 'signed', SIGNING_KEYS: 'k'.repeat(32) }, '/images/{publicId}?...&sig=SIGNATURE'],
])('with %j public images are said to be at %s', (variables, path) => {
  expect(messageFor(variables)).toContain(`http://127.0.0.1:4000${path}\n`);
});

describe('links that only work on this machine are never written unseen', () => {
  test.each(['0.0.0.0', '::', '0', '::0', '0:0:0:0:0:0:0:0'])('HOST=%s without PUBLIC_URL warns', (HOST) => {
    const [warning] = startWarnings(parseConfig({ HOST, AUTH: 'keys' }));
    expect(warning).toContain(`HOST=${HOST} without PUBLIC_URL`);
    expect(warning).toContain('http://localhost:4000');
  });

  test.each([
    { HOST: '0.0.0.0', AUTH: 'keys', PUBLIC_URL: 'https://images.example.com' },
    { HOST: '192.168.1.5', AUTH: 'keys' },
    { HOST: '127.0.0.1' },
  ])('%j does not', (variables) => {
    expect(startWarnings(parseConfig(variables as Record<string, string>))).toEqual([]);
  });
});

test('servers that share a database and not a key for signatures are warned', () => {
  const DATABASE_URL = 'postgres://localhost/images';
  const [warning, ...others] = startWarnings(parseConfig({ DATABASE_URL }));
  expect(warning).toContain('PostgreSQL without SIGNING_KEYS');
  expect(others).toEqual([]);
  expect(startWarnings(parseConfig({ DATABASE_URL, SIGNING_KEYS: 'k'.repeat(32) }))).toEqual([]);
});
