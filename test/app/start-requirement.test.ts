import { randomBytes } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app/app.js';
import { parseConfig } from '../../src/config.js';
import { StartRefusedError } from '../../src/state/start-refused-error.js';
import { useTempFolder } from '../support/temp-folder.js';

const configOf = (variables: Record<string, string>) => parseConfig({ PORT: '0', LOG_LEVEL: 'silent', ...variables });

const refusalOf = async (variables: Record<string, string>): Promise<string> => {
  const error = await createApp(configOf(variables)).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StartRefusedError);
  return String(error);
};

describe('a start is refused with what cannot be used and the reason:', () => {
  test.each([
    ['a data folder that is a file', 'DATA_DIR', '', 'The data folder'],
    ['a data folder below a file', 'DATA_DIR', '/data', 'The data folder'],
    ['a folder for images that is a file', 'BLOB_STORE_URL', '', 'for images'],
    ['a database below a file', 'DATABASE_URL', '/state.db', 'The database'],
  ])('%s', async (_case, variable, below, wording) => {
    const folder = await useTempFolder();
    const path = `${join(folder, 'file')}${below}`;
    await writeFile(join(folder, 'file'), 'not a folder');
    const value = variable.endsWith('_URL') ? `file:${path}` : path;
    const refusal = await refusalOf({ DATA_DIR: join(folder, 'data'), [variable]: value });
    expect(refusal).toContain(wording);
    expect(refusal).toContain(path);
  });

  test('a temporary folder that is a file', async () => {
    const folder = await useTempFolder();
    await writeFile(join(folder, 'tmp'), 'not a folder');
    expect(await refusalOf({ DATA_DIR: folder })).toContain(`The data folder ${folder}`);
  });

  test('a database that is a folder', async () => {
    const folder = await useTempFolder();
    await mkdir(join(folder, 'state.db'));
    expect(await refusalOf({ DATA_DIR: folder })).toContain(`The database ${join(folder, 'state.db')}`);
  });

  test('a database that is something else', async () => {
    const folder = await useTempFolder();
    await writeFile(join(folder, 'state.db'), randomBytes(10_000));
    expect(await refusalOf({ DATA_DIR: folder })).toContain('file is not a database');
  });

  test('a database whose pages are damaged', async () => {
    const folder = await useTempFolder();
    await (await createApp(configOf({ DATA_DIR: folder }))).close();
    const file = await open(join(folder, 'state.db'), 'r+');
    const { size } = await file.stat();
    await file.write(Buffer.alloc(size - 4_096, 0x55), 0, size - 4_096, 4_096);
    await file.close();
    expect(await refusalOf({ DATA_DIR: folder })).toContain('malformed');
  });
});

test('a port that is taken is named', async () => {
  const other = createServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const app = await createApp(configOf({ PORT: String(port), DATA_DIR: await useTempFolder() }));
  onTestFinished(() => app.close());
  const error = await app.listen().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StartRefusedError);
  expect(String(error)).toContain(`port ${port} of 127.0.0.1`);
});

test('a database may lie in a folder that is still to be made', async () => {
  const folder = await useTempFolder();
  const path = join(folder, 'new', 'folder', 'state.db');
  const app = await createApp(configOf({ DATA_DIR: join(folder, 'data'), DATABASE_URL: `file:${path}` }));
  await app.close();
  await (await open(path)).close();
});
