import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../src/config.js';
import { readEnvironment } from '../src/environment.js';
import { useTempFolder } from './support/temp-folder.js';

describe('the .env file', () => {
  test('adds to the environment, which wins', async () => {
    const folder = await useTempFolder();
    await writeFile(join(folder, '.env'), '# comment\nPORT=5000\nexport AUTH="keys"\nDATA_DIR=./elsewhere\n');
    const { variables, filePath } = readEnvironment({ PORT: '6000', DATA_DIR: '' }, folder);
    expect(variables).toEqual({ PORT: '6000', AUTH: 'keys', DATA_DIR: '' });
    expect(filePath).toBe(join(folder, '.env'));
  });

  test('may be missing', async () => {
    const environment = readEnvironment({ PORT: '6000' }, await useTempFolder());
    expect(environment).toEqual({ variables: { PORT: '6000' }, filePath: null, warnings: [] });
  });

  test('is never ignored in silence if it cannot be read', async () => {
    const folder = await useTempFolder();
    await mkdir(join(folder, '.env'));
    expect(() => readEnvironment({}, folder)).toThrow(ConfigError);
    expect(() => readEnvironment({}, folder)).toThrow(join(folder, '.env'));
  });
});

describe('a misspelled variable', () => {
  test.each([
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['cors_origins', 'CORS_ORIGINS'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['PUBLICURL', 'PUBLIC_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['RENDER_CONCURENCY', 'RENDER_CONCURRENCY'],
    ['PORTS', 'PORT'],
    ['METAL_HMAC_VIEW_KEYS', 'METAL_HMAC_VIEW_KEY'],
  ])('%s is reported with the one that was meant', (name, meant) => {
    const { warnings } = readEnvironment({ [name]: 'x' }, '/nowhere');
    expect(warnings).toEqual([`${name} is not a variable of image-facade and has no effect. Did you mean ${meant}?`]);
  });

  test('is found in the file too', async () => {
    const folder = await useTempFolder();
    await writeFile(join(folder, '.env'), 'CORS_ORIGIN=http://localhost:5173\n');
    expect(readEnvironment({}, folder).warnings).toEqual([expect.stringContaining('CORS_ORIGINS')]);
  });

  test('is not seen in what belongs to others, or is right', () => {
    const names =
      'PATH HOME HOSTNAME HOSTTYPE USER PWD SHELL TERM LANG NODE_ENV NODE_OPTIONS XDG_DATA_DIRS LOGNAME MAIL EDITOR ' +
      'UV_THREADPOOL_SIZE MALLOC_ARENA_MAX DOCKER_HOST KUBERNETES_PORT OLDPWD POSTGRES_URL CI TZ PORT CORS_ORIGINS';
    const variables = Object.fromEntries(names.split(' ').map((name) => [name, 'x']));
    expect(readEnvironment(variables, '/nowhere').warnings).toEqual([]);
  });
});
