import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/app/app.js';
import type { Overrides } from '../../src/app/overrides.js';
import { parseConfig } from '../../src/config.js';
import { lockBlobFolder, lockDatabase, lockDataFolder } from '../../src/state/data-lock.js';
import { uploadImage } from '../support/image-operations.js';
import { plainPng } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { startTestServer } from '../support/test-server.js';

interface Obstacle {
  readonly variables?: Record<string, string>;
  readonly overrides?: Overrides;
  /** Removes the obstacle. */
  readonly remove: () => unknown;
}

const start = async (folder: string, { variables, overrides }: Omit<Obstacle, 'remove'> = {}): Promise<void> => {
  const config = parseConfig({ PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: folder, ...variables });
  const app = await createApp(config, overrides);
  await app.listen();
};

/** The next start on the folder works in full: nothing of the one that failed is left. */
const expectStart = async (folder: string): Promise<void> => {
  const server = await startTestServer({ DATA_DIR: folder });
  const { originalUrl } = await uploadImage(server, await plainPng({ width: 8, height: 8 }, [1, 2, 3]));
  expect((await fetch(originalUrl)).status).toBe(200);
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
  await server.app.close();
};

const obstructingFile = async (path: string, text = 'in the way'): Promise<Obstacle> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return { remove: () => rm(path) };
};

const heldLock = (lock: { release(): void }): Obstacle => ({ remove: () => lock.release() });

const steps: [step: string, obstruct: (folder: string) => Obstacle | Promise<Obstacle>, reason: string][] = [
  ['locking the data folder', (folder) => heldLock(lockDataFolder(folder)), 'Another server runs on the data folder'],
  ['locking the database', (folder) => heldLock(lockDatabase(join(folder, 'state.db'))), 'runs on the database'],
  ['locking the images', (folder) => heldLock(lockBlobFolder(join(folder, 'blobs'))), 'keeps its images'],
  [
    'opening a remote store',
    async (folder) => ({
      ...(await obstructingFile(join(folder, 'originals'))),
      variables: {
        BLOB_STORE_URL: 's3://images?endpoint=http://127.0.0.1:1&region=eu-central-1',
        AWS_ACCESS_KEY_ID: 'id',
        AWS_SECRET_ACCESS_KEY: 'secret',
      },
    }),
    'cannot be used for images',
  ],
  [
    'opening the database',
    (folder) => obstructingFile(join(folder, 'state.db'), 'no database'.repeat(500)),
    'state.db',
  ],
  [
    'pairing the database with the images',
    (folder) => {
      const hash = '0'.repeat(64);
      return obstructingFile(join(folder, 'blobs', '00', '00', hash));
    },
    'do not belong together',
  ],
  ['opening the spool', (folder) => obstructingFile(join(folder, 'tmp')), 'The data folder'],
  [
    'creating the services',
    () => ({
      overrides: {
        processor: () => {
          throw new Error('no processor');
        },
      },
      remove: () => undefined,
    }),
    'no processor',
  ],
  [
    'listening',
    async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as { port: number };
      return { variables: { PORT: String(port) }, remove: () => other.close() };
    },
    'cannot listen',
  ],
];

describe('a start that fails releases everything, so the next one on the same folder works, if it fails while', () => {
  test.each(steps)('%s', async (_step, obstruct, reason) => {
    const folder = await useTempFolder();
    const obstacle = await obstruct(folder);
    for (let attempt = 0; attempt < 2; attempt += 1) await expect(start(folder, obstacle)).rejects.toThrow(reason);
    await obstacle.remove();
    await expectStart(folder);
  });

  test('mounting any of the routes', async () => {
    const routes: string[] = [];
    const server = await startTestServer({}, { onRoute: ({ method, url }) => void routes.push(`${method} ${url}`) });
    await server.close();
    expect(routes.length).toBeGreaterThan(20);
    const folder = await useTempFolder();
    for (const last of [1, 2, Math.ceil(routes.length / 2), routes.length]) {
      let mounted = 0;
      const onRoute = () => {
        mounted += 1;
        if (mounted === last) throw new Error(`route ${last} fails`);
      };
      await expect(start(folder, { overrides: { onRoute } })).rejects.toThrow(`route ${last} fails`);
    }
    await expectStart(folder);
  });
});
