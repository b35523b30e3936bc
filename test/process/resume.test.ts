import { expect, onTestFinished, test, vi } from 'vitest';
import { openEventStream } from '../support/event-stream.js';
import { newPicture } from '../support/pictures.js';
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
  form.set('0', new Blob([new Uint8Array(await newPicture())]), 'new.png');
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
