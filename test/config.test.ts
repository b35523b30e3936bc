import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../src/config.js';
import { defaultLimits } from '../src/domain/limits.js';
import { makeTempFolder } from './support/temp-folder.js';

const faultsOf = (variables: Record<string, string>): string => {
  try {
    parseConfig(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
};

describe('the configuration', () => {
  test('needs nothing, and an empty value is none', () => {
    const config = parseConfig({ HOST: '', PORT: '' });
    expect(config).toMatchObject({ host: '127.0.0.1', port: 4000, publicUrl: null, limits: defaultLimits });
    expect(config.database).toEqual({ kind: 'file', path: resolve('data/state.db') });
    expect(config).toMatchObject({
      metalBasePath: '/metal',
      metalUrlCheck: false,
      moovDelete: 'disable',
      gleanAccountId: null,
      defaultLocale: 'en',
      rateLimits: { perMinute: 0, publicPerMinute: 0 },
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('uses the values that are given', () => {
    const config = parseConfig({
      PORT: '0',
      PUBLIC_URL: 'https://images.example.com/base/',
      DATA_DIR: '/tmp/x',
      DATABASE_URL: 'file:/tmp/y/z.db',
      CORS_ORIGINS: 'https://a.example, http://localhost:5173',
      MAX_IMAGES_PER_ACCOUNT: '300',
      GLEAN_ACCOUNT_ID: '3A4ED2D9-03E1-4B0E-B45F-2A9CA72F8ADB',
      INTROSPECTION: 'off',
    });
    expect(config).toMatchObject({
      port: 0,
      publicUrl: 'https://images.example.com/base',
      database: { kind: 'file', path: '/tmp/y/z.db' },
      blobStore: { kind: 'folder', path: join('/tmp/x', 'blobs') },
      corsOrigins: ['https://a.example', 'http://localhost:5173'],
      gleanAccountId: '3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb',
      introspection: false,
    });
    expect(config.limits.imagesPerAccount).toBe(300);
  });

  test('reports every error at once, each by its name and its accepted values', () => {
    const wording = faultsOf({
      PORT: '70000',
      PUBLIC_URL: 'nowhere',
      CORS_ORIGINS: '*',
      LOG_LEVEL: 'loud',
      GLEAN_ACCOUNT_ID: 'me',
      HOST: '0.0.0.0',
    });
    for (const name of [
      'PORT=70000',
      'PUBLIC_URL=nowhere',
      'CORS_ORIGINS=*',
      'LOG_LEVEL=loud',
      'GLEAN_ACCOUNT_ID=me',
      'HOST=0.0.0.0',
    ]) {
      expect(wording).toContain(name);
    }
    expect(wording).toContain('0 to 65535');
  });

  test('reads through to the APIs that are named, with the accounts that they need', () => {
    const accountId = '3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb';
    expect(parseConfig({}).upstreams).toEqual({ moov: null, metal: null, glean: null });
    const config = parseConfig({
      UPSTREAM_MOOV: 'https://api.moov.example/',
      UPSTREAM_MOOV_ACCOUNTS: `${accountId}, ${accountId.toUpperCase()}`,
      UPSTREAM_METAL: 'http://metal.example/metal',
      UPSTREAM_GLEAN: 'https://glean.example',
      GLEAN_ACCOUNT_ID: accountId,
    });
    expect(config.upstreams).toEqual({
      moov: { baseUrl: 'https://api.moov.example', accountIds: [accountId] },
      metal: { baseUrl: 'http://metal.example/metal' },
      glean: { baseUrl: 'https://glean.example', accountId },
    });
  });

  test.each([
    [{ UPSTREAM_MOOV: 'api.moov.io' }, 'UPSTREAM_MOOV=api.moov.io: Must be an absolute http or https URL'],
    [{ UPSTREAM_METAL: 'https://user:secret@metal.example' }, 'no credentials'],
    [{ UPSTREAM_GLEAN: 'https://glean.example' }, 'Needs GLEAN_ACCOUNT_ID'],
    [{ DEFAULT_LOCALE: 'en_US' }, 'DEFAULT_LOCALE=en_US: Must be a language tag of BCP 47'],
    [{ UPSTREAM_MOOV_ACCOUNTS: '3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb' }, 'Needs UPSTREAM_MOOV'],
    [{ UPSTREAM_MOOV: 'https://a.example', UPSTREAM_MOOV_ACCOUNTS: 'me' }, 'UUIDs of at most 10 accounts'],
  ])('%j is refused with what is accepted', (variables, reason) => {
    const refusal = faultsOf(variables as Record<string, string>);
    expect(refusal).toContain(reason);
    expect(refusal).not.toContain('secret@');
  });

  test.each([
    ['*', 'The * would let the pages of every site call'],
    ['https://app.example.com/', 'ends in a slash. Write https://app.example.com.'],
    ['http://localhost:5173/app', 'Write http://localhost:5173.'],
    ['https://app.example.com:443', 'Write https://app.example.com.'],
    ['https://App.example.com', 'Write https://app.example.com.'],
    ['localhost:5173', 'is not an http or https origin'],
    ['null', 'is not an http or https origin'],
    ['https://a.example,,https://b.example', 'is not an http or https origin'],
    ['https://user:secret@app.example.com', 'Write https://app.example.com.'],
  ])('says why CORS_ORIGINS=%s is refused and what is accepted', (value, reason) => {
    const wording = faultsOf({ CORS_ORIGINS: value });
    expect(wording).toContain(reason);
    expect(wording).toContain('https://app.example.com,http://localhost:5173');
  });

  test.each(['0.0.0.0', '::', '192.168.1.5', 'example.com', '127.evil.example'])(
    'lets nobody but this machine reach an open server: %s is refused',
    (host) => {
      expect(faultsOf({ HOST: host })).toContain('loopback');
    },
  );

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('lets an open server listen on %s', (host) => {
    expect(parseConfig({ HOST: host }).host).toBe(host);
  });

  test.each([
    ['/', ''],
    ['/metal/', '/metal'],
    ['/a/b.c', '/a/b.c'],
  ])('takes METAL_BASE_PATH=%s as %j', (value, path) => {
    expect(parseConfig({ METAL_BASE_PATH: value }).metalBasePath).toBe(path);
  });

  test.each(['metal', '//', '/a//b', '/:a', '/a?b'])('refuses METAL_BASE_PATH=%s', (value) => {
    expect(faultsOf({ METAL_BASE_PATH: value })).toContain('METAL_BASE_PATH');
  });

  test('knows no signature without a key, and gives each the lifetime of its type', () => {
    expect(parseConfig({ METAL_HMAC_VIEW_LIFETIME: '5' }).metalHmacKeys).toEqual({});
    const keys = { METAL_HMAC_VIEW_KEY: 'a', METAL_HMAC_EDIT_KEY: 'b', METAL_HMAC_ADMIN_KEY: 'c' };
    expect(parseConfig({ ...keys, METAL_HMAC_EDIT_LIFETIME: '0' }).metalHmacKeys).toEqual({
      'Metal-View': { key: 'a', lifetimeSeconds: 30 },
      'Metal-Edit': { key: 'b', lifetimeSeconds: 0 },
      'Metal-Admin': { key: 'c', lifetimeSeconds: 90 },
    });
    expect(faultsOf({ METAL_HMAC_VIEW_KEY: 'the secret', METAL_HMAC_VIEW_LIFETIME: 'x' })).not.toContain('the secret');
  });

  test.each([
    [{ DATABASE_URL: 'postgres://localhost' }, 'lacks a host or a database'],
    [{ DATABASE_URL: 'postgres://a:secret@localhost/x?sslmode=maybe' }, 'DATABASE_URL=postgres://a:***@localhost'],
    [{ DATABASE_URL: 'postgres://localhost/x?pool=3' }, 'The parameter pool is unknown'],
    [{ DATABASE_URL: 'postgres://localhost/x?connection_limit=0' }, 'from 2 to 500'],
    [{ DATABASE_URL: 'postgres://localhost/x', DATABASE_DIRECT_URL: 'file:x' }, 'not a postgres:// URL'],
    [{ DATABASE_URL: 'postgres://localhost/x', BYTES_GRACE_HOURS: '0' }, 'With PostgreSQL it is 1 or more'],
    [{ MIGRATE: 'never' }, 'Must be start or off'],
    [{ DATABASE_URL: 'mysql://localhost/x' }, 'file:'],
  ])('refuses %j until it is there', (variables, wording) => {
    expect(faultsOf(variables)).toContain(wording);
  });

  test('reads presets from a file, and two keys', async () => {
    const folder = await makeTempFolder();
    const path = join(folder.path, 'presets.json');
    const key = 'k'.repeat(32);
    await writeFile(path, JSON.stringify({ card: { size: '64x48', enlarge: 1 }, hero: { eager: true } }));
    const config = parseConfig({ TRANSFORMS: 'presets', PRESETS: path, SIGNING_KEYS: `${key}, ${key}2` });
    expect([...config.presets.keys()]).toEqual(['card', 'hero']);
    expect(config.presets.get('card')?.transform).toMatchObject({ size: { width: 64, height: 48 }, enlarge: true });
    expect([...config.presets.values()].map(({ eager }) => eager)).toEqual([false, true]);
    expect(faultsOf({ PRESETS: path, VARIANT_CACHE_BYTES: '0' })).toContain('VARIANT_CACHE_BYTES=0: A preset');
    expect(config.signingKeys).toEqual([key, `${key}2`]);

    await writeFile(
      path,
      JSON.stringify({
        'a b': {},
        card: { size: 'x', colour: 'red' },
        list: [],
        v: { v: 3 },
        deep: { size: {} },
        e: { eager: 'yes' },
      }),
    );
    const wording = faultsOf({ PRESETS: path });
    for (const part of [
      'a b: must be a name',
      'card.colour: ',
      'list: must be an object',
      'v.v: ',
      'deep: must be',
      'e.eager: must be',
    ]) {
      expect(wording).toContain(part);
    }
    await writeFile(path, '{"card"');
    expect(faultsOf({ PRESETS: path })).toContain('Must be a JSON file of presets.');
    await folder.remove();
    expect(faultsOf({ PRESETS: path })).toContain('no such file');
  });

  test('names the hosts whose files are fetched by http, and turns fetching off', () => {
    expect(parseConfig({ UPLOAD_HTTP_HOSTS: 'a.example, B.example,10.0.0.1' }).uploadHttpHosts).toEqual([
      'a.example',
      'b.example',
      '10.0.0.1',
    ]);
    expect(parseConfig({ UPLOAD_FROM_URL: 'off' }).limits.urlFetches).toBe(0);
    for (const wrong of ['http://a.example', 'a.example:80', 'a.example,', 'a/b', '*']) {
      expect(faultsOf({ UPLOAD_HTTP_HOSTS: wrong })).toContain('UPLOAD_HTTP_HOSTS');
    }
  });

  test('names the headers of a CDN', () => {
    expect(parseConfig({}).cdnTags).toEqual([]);
    expect(parseConfig({ CDN_TAGS: 'off' }).cdnTags).toEqual([]);
    expect(parseConfig({ CDN_TAGS: 'Cache-Tag, surrogate-key,cache-tag' }).cdnTags).toEqual([
      'cache-tag',
      'surrogate-key',
    ]);
    for (const wrong of ['on', 'cache-tag,', 'cache-tag,off', 'xkey', 'set-cookie']) {
      expect(faultsOf({ CDN_TAGS: wrong })).toContain('Must be off, or names of headers separated by commas');
    }
  });

  test('names where a CDN is purged, which needs tags', () => {
    expect(parseConfig({}).cdnPurge).toBeNull();
    const tags = { CDN_TAGS: 'cache-tag' };
    expect(parseConfig({ ...tags, CDN_PURGE_URL: 'http://varnish:6081/purge?a=b' }).cdnPurge).toEqual({
      url: 'http://varnish:6081/purge?a=b',
      token: null,
    });
    const withToken = { ...tags, CDN_PURGE_URL: 'https://cdn.example/purge', CDN_PURGE_TOKEN: 'a-token' };
    expect(parseConfig(withToken).cdnPurge?.token).toBe('a-token');
    for (const wrong of ['cdn.example', 'ftp://cdn.example/', 'https://user:word@cdn.example/']) {
      expect(faultsOf({ ...tags, CDN_PURGE_URL: wrong })).toContain('Must be an absolute http or https URL');
    }
    expect(faultsOf({ ...tags, CDN_PURGE_URL: 'https://user:word@cdn.example/' })).not.toContain('word@');
    for (const off of [{}, { CDN_TAGS: 'off' }]) {
      expect(faultsOf({ ...off, CDN_PURGE_URL: 'https://cdn.example/' })).toContain('CDN_PURGE_URL: Needs CDN_TAGS');
    }
    expect(faultsOf({ ...withToken, CDN_PURGE_TOKEN: 'two words' })).not.toContain('two words');
  });

  test.each([
    [{ TRANSFORMS: 'signed' }, 'TRANSFORMS=signed: Needs SIGNING_KEYS'],
    [{ TRANSFORMS: 'presets' }, 'TRANSFORMS=presets: Needs PRESETS'],
    [{ TRANSFORMS: 'presets' }, 'TRANSFORMS=presets: Needs SIGNING_KEYS'],
    [{ TRANSFORMS: 'some' }, 'Must be any, presets or signed.'],
    [{ SIGNING_KEYS: 'short-secret' }, 'SIGNING_KEYS=***: Accepts one key, or two'],
    [{ SIGNING_KEYS: `${'k'.repeat(32)},short-secret` }, 'must have 32 characters or more'],
    [{ SIGNING_KEYS: Array(3).fill('k'.repeat(32)).join() }, 'Accepts one key, or two'],
  ])('refuses %j, and shows no secret', (variables, wording) => {
    const faults = faultsOf(variables);
    expect(faults).toContain(wording);
    expect(faults).not.toContain('short-secret');
    expect(faults).not.toContain('kkkk');
  });
});
