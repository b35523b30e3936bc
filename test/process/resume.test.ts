import { expect, onTestFinished, test, vi } from 'vitest';
import { openEventStream } from '../support/event-stream.js';
import { graphqlClient } from '../support/graphql-client.js';
import { newPhoto } from '../support/sample-images.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';

// a start takes seconds on a busy machine
vi.setConfig({ testTimeout: 60_000 });

const upload = async ({ url }: ServerProcess): Promise<string> => {
  const query =
    'mutation($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { id } } } }';
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { input: { accountId, file: null } } }));
  form.set('map', '{"0":["variables.input.file"]}');
  form.set('0', new Blob([new Uint8Array(await newPhoto())]), 'new.png');
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'apollo-require-preflight': '1' },
    body: form,
  });
  return ((await response.json()) as { data: { uploadImage: { image: { id: string } } } }).data.uploadImage.image.id;
};

const watch = async (server: ServerProcess, lastEventId?: string) => {
  const stream = await openEventStream(
    server,
    `subscription { imageChanged(accountId: "${accountId}") { cursor kind changedId } }`,
    {},
    lastEventId ? { 'last-event-id': lastEventId } : {},
  );
  onTestFinished(() => stream.close());
  return async () => (await stream.next())?.data.imageChanged;
};

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a subscription resumes after a server that ended by %s, without a gap or a repeat',
  async (signal) => {
    const variables = { DATA_DIR: await useTempFolder() };
    const before = await startServerProcess(variables);
    const next = await watch(before);
    const seen = await upload(before);
    const { cursor, changedId } = await next();
    expect(changedId).toBe(seen);
    // acknowledged, and never read by the client
    const missed = [await upload(before), await upload(before)];
    before.signal(signal);
    await before.ended;
    const after = await startServerProcess(variables);
    const resumed = await watch(after, cursor);
    const live = await upload(after);
    expect([await resumed(), await resumed(), await resumed()].map((change) => change.changedId)).toEqual([
      ...missed,
      live,
    ]);
  },
);

test('so does one of metal images', async () => {
  const variables = { DATA_DIR: await useTempFolder() };
  const before = await startServerProcess(variables);
  const document = 'subscription { metalImageChanged { cursor kind metalImage { imageId name } } }';
  const open = async (server: ServerProcess, headers: Record<string, string> = {}) => {
    const stream = await openEventStream(server, document, {}, headers);
    onTestFinished(() => stream.close());
    return async () => (await stream.next())?.data.metalImageChanged;
  };
  const run = async ({ url }: ServerProcess, name: string, type: string, input: Record<string, unknown>) => {
    const query = `mutation($input: ${type}!) { ${name}(input: $input) { __typename } }`;
    const { errors } = await graphqlClient(url).query(query, { input });
    expect(errors).toBeUndefined();
  };
  const create = (server: ServerProcess, imageId: string) =>
    run(server, 'createMetalImage', 'CreateMetalImageInput', { imageId, url: 'https://images.example/os' });
  const next = await open(before);
  await create(before, 'os-1.0');
  const { cursor, kind } = await next();
  expect(kind).toBe('CREATED');
  await create(before, 'os-1.1');
  await run(before, 'updateMetalImage', 'UpdateMetalImageInput', { imageId: 'os-1.0', name: 'new' });
  await run(before, 'deleteMetalImage', 'MetalImageIdInput', { imageId: 'os-1.1' });
  before.signal('SIGKILL');
  await before.ended;
  const after = await startServerProcess(variables);
  const resumed = await open(after, { 'last-event-id': cursor });
  await create(after, 'os-1.2');
  const changes = [await resumed(), await resumed(), await resumed(), await resumed()];
  expect(changes.map((change) => [change.kind, change.metalImage])).toEqual([
    ['CREATED', null],
    ['UPDATED', { imageId: 'os-1.0', name: 'new' }],
    ['DELETED', null],
    ['CREATED', { imageId: 'os-1.2', name: '' }],
  ]);
});
