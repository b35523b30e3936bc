import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { graphqlClient } from '../support/graphql-client.js';
import { uploadImage } from '../support/image-operations.js';
import { usePostgresql } from '../support/postgresql.js';
import { runTool } from '../support/run-tool.js';
import { newPhoto, plainPng } from '../support/sample-images.js';
import { runServerProcess, startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';

const postgresql = usePostgresql();

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
    DATABASE_URL: await postgresql().createDatabase(),
  });
  const client = { ...graphqlClient(url), url };
  const { imageId, publicId } = await uploadImage(client, await plainPng({ width: 8, height: 8 }, [1, 2, 3]));
  expect(await statusOf(`${url}/health/ready`)).toBe(200);

  await postgresql().crash();
  expect(await statusOf(`${url}/health/ready`)).toBe(503);
  expect(await statusOf(`${url}/health/live`)).toBe(200);
  expect(await statusOf(`${url}/images/${publicId}`)).toBe(503);
  const { errors } = await client.query('query($imageId: UUID!) { image(by: { imageId: $imageId }) { id } }', {
    imageId,
  });
  expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);

  await postgresql().start();
  await expect.poll(() => statusOf(`${url}/health/ready`), { timeout: 10_000 }).toBe(200);
  expect(await statusOf(`${url}/images/${publicId}`)).toBe(200);
});

test('npm run verify removes and adopts on a database without servers, and refuses to next to one', async () => {
  const folder = await useTempFolder();
  const place = { DATA_DIR: folder, DATABASE_URL: await postgresql().createDatabase() };
  const server = await startServerProcess(place);
  await uploadImage(graphqlClient(server.url), await newPhoto());
  for (const option of ['--remove-unknown', '--adopt']) {
    const refused = await runTool('cli/verify', [option], place);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('A server runs on the database') });
  }
  server.signal('SIGTERM');
  await server.ended;
  for (const option of ['--remove-unknown', '--adopt']) {
    const { code, stdout, stderr } = await runTool('cli/verify', [option], place);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Originals checked: 1 (missing 0, corrupt 0, unreadable 0)');
  }
});

test('an image that many write to does not keep the connections of a server from other images', async () => {
  const database = await postgresql().createDatabase();
  const { url } = await startServerProcess({
    DATA_DIR: await useTempFolder(),
    DATABASE_URL: `${database}?connection_limit=3`,
  });
  const client = graphqlClient(url);
  const hot = await uploadImage(client, await newPhoto());
  const other = await uploadImage(client, await newPhoto());
  const setAltText = async (id: string, altText: string) => {
    const { data, errors } = await client.query(
      `mutation($input: UpdateImageInput!) { updateImage(input: $input) {
        ... on UpdateImagePayload { image { metadata { altText } } } ... on Error { code } } }`,
      { input: { id, metadata: { altText } } },
    );
    return data?.updateImage?.image?.metadata.altText ?? data?.updateImage?.code ?? errors?.[0]?.extensions?.code;
  };
  // another server is in the middle of a change of the image
  const holder = new pg.Client({ connectionString: database });
  await holder.connect();
  onTestFinished(() => holder.end());
  await holder.query('BEGIN');
  await holder.query(`SELECT 1 FROM "Image" WHERE "publicId" = $1 FOR UPDATE`, [hot.publicId]);
  let finished = 0;
  const texts = Array.from({ length: 20 }, (_, index) => `Number ${index}`);
  const writes = texts.map((text) => setAltText(hot.id, text).finally(() => (finished += 1)));
  const isWaiting = async (): Promise<boolean> => {
    const [row] = await postgresql().query(database, `SELECT 1 FROM pg_locks WHERE NOT "granted"`);
    return row !== undefined;
  };
  await expect.poll(isWaiting, { timeout: 10_000 }).toBe(true);

  expect(await setAltText(other.id, 'Not held up')).toBe('Not held up');
  expect(await uploadImage(client, await newPhoto())).toMatchObject({ __typename: 'Image' });
  const { data } = await client.query(`{ images(accountId: "${accountId}") { totalCount } }`);
  expect(data.images.totalCount).toBe(3);
  expect(finished).toBe(0);

  await holder.query('COMMIT');
  const results = await Promise.all(writes);
  // those that waited for too long are refused and may be sent again
  for (const [index, result] of results.entries()) expect([texts[index], 'UNAVAILABLE']).toContain(result);
  expect(results.filter((result) => result !== 'UNAVAILABLE').length).toBeGreaterThan(0);
  expect(await setAltText(hot.id, 'Free again')).toBe('Free again');
});
