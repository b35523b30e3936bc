import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgresql } from '../../scripts/postgresql-server.mjs';
import { graphqlClient } from '../support/graphql-client.js';
import { uploadImage } from '../support/image-operations.js';
import { plainPng } from '../support/sample-images.js';
import { runServerProcess, startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';

let postgresql: Awaited<ReturnType<typeof startPostgresql>>;
beforeAll(async () => {
  postgresql = await startPostgresql();
}, 60_000);
afterAll(() => postgresql.stop());

const statusOf = async (url: string): Promise<number> => {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
};

test('a server whose database cannot be reached says so without the password and ends', async () => {
  const { code, stderr } = await runServerProcess({
    DATA_DIR: await useTempFolder(),
    DATABASE_URL: 'postgres://someone:secret@127.0.0.1:1/images',
    SIGNING_KEYS: 'k'.repeat(32),
  });
  expect(code).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain('postgres://127.0.0.1:1/images cannot be used');
  expect(stderr).toContain('ECONNREFUSED');
  expect(stderr).not.toContain('secret');
});

test('while the database is away requests are refused with 503, and the server returns with it by itself', async () => {
  const { url } = await startServerProcess({
    DATA_DIR: await useTempFolder(),
    DATABASE_URL: await postgresql.createDatabase(),
  });
  const client = { ...graphqlClient(url), url };
  const { imageId, publicId } = await uploadImage(client, await plainPng({ width: 8, height: 8 }, [1, 2, 3]));
  expect(await statusOf(`${url}/health/ready`)).toBe(200);

  await postgresql.crash();
  expect(await statusOf(`${url}/health/ready`)).toBe(503);
  expect(await statusOf(`${url}/health/live`)).toBe(200);
  expect(await statusOf(`${url}/images/${publicId}`)).toBe(503);
  const { errors } = await client.query('query($imageId: UUID!) { image(by: { imageId: $imageId }) { id } }', {
    imageId,
  });
  expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);

  await postgresql.start();
  await expect.poll(() => statusOf(`${url}/health/ready`), { timeout: 10_000 }).toBe(200);
  expect(await statusOf(`${url}/images/${publicId}`)).toBe(200);
});
