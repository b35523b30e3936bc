import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uploadAddressedImage, uploadImage } from './support/image-operations.js';
import { createMetalImage } from './support/metal-operations.js';
import { newPhoto } from './support/sample-images.js';
import { startTestServer, type TestServer } from './support/test-server.js';

const account = randomUUID();
const address = { type: 'UGC', entityId: 'contested', ds: 'GALLERY' };
const metalId = 'contested-1.0';
let server: TestServer;
let image: { id: string; imageId: string };
let database: Database.Database;

/** From here on every update comes too late, as if another server always were faster: it finds no row as it was read. */
beforeAll(async () => {
  server = await startTestServer({ GLEAN_ACCOUNT_ID: account });
  image = await uploadImage(server, await newPhoto(), undefined, account);
  await uploadAddressedImage(server, address, await newPhoto(), { accountId: account });
  await createMetalImage(server, metalId);
  database = new Database(join(server.dataFolder, 'state.db'));
  for (const table of ['Image', 'MetalImage']) {
    database.exec(`CREATE TRIGGER "${table} contested" BEFORE UPDATE ON "${table}" BEGIN SELECT RAISE(IGNORE); END`);
  }
});
afterAll(async () => {
  database.close();
  await server.close();
});

const json = { 'content-type': 'application/json' };

describe('a write that loses every race is refused as a conflict, with when to try again, and leaves nothing', () => {
  const graphql = async (document: string, variables: Record<string, unknown>) => {
    const body = JSON.stringify({ query: document, variables });
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers: json, body });
    return { response, body: await response.json() };
  };

  test.each([
    [
      'updateImage',
      'mutation($id: ID!) { result: updateImage(input: { id: $id, metadata: { altText: "new" } }) { __typename } }',
    ],
    ['disableImage', 'mutation($id: ID!) { result: disableImage(input: { id: $id }) { __typename } }'],
    [
      'updateMetalImage',
      `mutation { result: updateMetalImage(input: { imageId: "${metalId}", name: "new" }) { __typename } }`,
    ],
  ])('by GraphQL, %s', async (_name, document) => {
    const { response, body } = await graphql(document, { id: image.id });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(body).toMatchObject({
      data: { result: null },
      errors: [
        {
          message: expect.stringContaining('was changed by others while this change was made. Try again.'),
          extensions: { code: 'CONFLICT' },
        },
      ],
    });
  });

  const conflict = async (response: Response): Promise<string> => {
    expect(response.status).toBe(409);
    expect(response.headers.get('retry-after')).toBe('1');
    const text = await response.text();
    expect(text).toContain('Try again.');
    return text;
  };

  test('by Moov, as a 409 with its generic error', async () => {
    const response = await fetch(`${server.url}/accounts/${account}/images/${image.imageId}/metadata`, {
      method: 'PUT',
      headers: json,
      body: JSON.stringify({ altText: 'new' }),
    });
    expect(JSON.parse(await conflict(response))).toEqual({ error: expect.any(String) });
  });

  test('by Glean, as a problem', async () => {
    const query = new URLSearchParams({ type: address.type, id: address.entityId, ds: address.ds });
    const response = await fetch(`${server.url}/rest/api/v1/uploadimage?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array(await newPhoto()),
    });
    expect(JSON.parse(await conflict(response))).toMatchObject({ status: 409, code: 'conflict' });
  });

  test('by metal-stack, as a 409 with its prefix', async () => {
    const body = JSON.stringify({ id: metalId, name: 'new' });
    const response = await fetch(`${server.url}/v1/image`, { method: 'POST', headers: json, body });
    expect(JSON.parse(await conflict(response))).toEqual({
      statuscode: 409,
      message: expect.stringMatching(/^Conflict The metal image contested-1\.0 was changed/),
    });
  });

  test('and none of them is in the journal or in the rows', async () => {
    const { data } = await server.query(
      `query($account: UUID!, $id: ID!) { changes(accountId: $account) { nodes { kind } } metalImageChanges { nodes { kind } }
        image(by: { id: $id }) { disabledOn metadata { altText } } metalImage(by: { imageId: "${metalId}" }) { name } }`,
      { account, id: image.id },
    );
    expect(data).toEqual({
      changes: { nodes: [{ kind: 'CREATED' }, { kind: 'CREATED' }] },
      metalImageChanges: { nodes: [{ kind: 'CREATED' }] },
      image: { disabledOn: null, metadata: { altText: null } },
      metalImage: { name: '' },
    });
  });
});
