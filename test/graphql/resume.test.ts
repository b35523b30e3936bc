import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { encodeChangeCursor } from '../../src/domain/changes/changes.js';
import { openEventStream } from '../support/event-stream.js';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import { journalHead } from '../support/journal-head.js';
import { bearer, makeKey } from '../support/keys.js';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

const document =
  'subscription($accountId: UUID!, $after: ChangeCursor) { imageChanged(accountId: $accountId, after: $after) { cursor kind changedId occurredOn image { id } } }';

const start = async (variables: Record<string, string> = {}): Promise<TestServer> => {
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  return server;
};

const beginning = (server: TestServer): string => encodeChangeCursor({ store: server.app.changes.store, seq: 0 });

const subscribe = async (server: TestServer, after: string | null, headers: Record<string, string> = {}) => {
  const stream = await openEventStream(server, document, { accountId, after }, headers);
  onTestFinished(() => stream.close());
  return stream;
};

const take = async (stream: Awaited<ReturnType<typeof subscribe>>, count: number) => {
  const changes = [];
  for (let index = 0; index < count; index += 1) changes.push((await stream.next())?.data.imageChanged);
  return changes;
};

test('a subscription resumes after any cursor, without a gap or a repeat, and goes on live', async () => {
  const server = await start();
  const ids: string[] = [];
  for (let count = 0; count < 4; count += 1) ids.push((await uploadImage(server, await newPhoto())).id);
  await uploadImage(server, await newPhoto(), undefined, randomUUID());
  await deleteImage(server, ids[1] ?? '');
  const all = await take(await subscribe(server, beginning(server)), 5);
  expect(all.map(({ kind }) => kind)).toEqual(['CREATED', 'CREATED', 'CREATED', 'CREATED', 'DELETED']);
  expect(all.map(({ changedId }) => changedId)).toEqual([...ids, ids[1]]);
  const streams = await Promise.all(all.map(({ cursor }) => subscribe(server, cursor)));
  const { id } = await uploadImage(server, await newPhoto());
  for (const [index, stream] of streams.entries()) {
    const rest = await take(stream, 5 - index);
    expect(rest.slice(0, -1)).toEqual(all.slice(index + 1));
    expect(rest.at(-1)).toMatchObject({ kind: 'CREATED', changedId: id });
  }
});

test('Last-Event-ID has precedence over after, and each event has its cursor as its id', async () => {
  const server = await start();
  const { id } = await uploadImage(server, await newPhoto());
  await changeImage(server, 'disableImage', 'ImageIdInput', { id });
  const leaving = new AbortController();
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: document, variables: { accountId, after: beginning(server) } }),
    signal: leaving.signal,
  });
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.split('\nid: ').length > 2 && text.endsWith('\n\n')) break;
  }
  leaving.abort();
  const seen = [...text.matchAll(/^data: (.+)\nid: (\S+)\n\n/gm)].map(([, data = '', eventId]) => {
    expect(JSON.parse(data).data.imageChanged.cursor).toBe(eventId);
    return eventId ?? '';
  });
  expect(seen).toHaveLength(2);
  const resumed = await subscribe(server, beginning(server), { 'last-event-id': seen[0] ?? '' });
  expect((await take(resumed, 1))[0]).toMatchObject({ kind: 'DISABLED', cursor: seen[1] });
});

test('a cursor of another database, from the future, or from before what is kept is refused with the cursor to go on from', async () => {
  const server = await start();
  await uploadImage(server, await newPhoto());
  await uploadImage(server, await newPhoto());
  const { store, seq } = await journalHead(server);
  const refusals = [
    { store: 'another', seq: 0 },
    { store, seq: seq + 1 },
  ].map(encodeChangeCursor);
  for (const cursor of refusals) {
    const [error] = (await (await subscribe(server, cursor)).next())?.errors ?? [];
    expect(error).toMatchObject({ extensions: { code: 'CURSOR_EXPIRED' } });
    expect(error?.message).toContain(encodeChangeCursor({ store, seq }));
  }
  const [malformed] = (await (await subscribe(server, 'nonsense')).next())?.errors ?? [];
  expect(malformed?.message).toContain('ChangeCursor accepts');
});

test('old changes go, the newest stays, and a cursor from before is expired', async () => {
  const clock = { now: new Date() };
  const server = await startTestServer({ CHANGE_RETENTION_DAYS: '1' }, { now: () => clock.now });
  onTestFinished(() => server.close());
  const first = beginning(server);
  for (let count = 0; count < 3; count += 1) await uploadImage(server, await newPhoto());
  const head = await journalHead(server);
  await server.app.images.expireChanges();
  expect(await take(await subscribe(server, first), 3)).toHaveLength(3);
  clock.now = new Date(clock.now.getTime() + 2 * 24 * 60 * 60 * 1000);
  await server.app.images.expireChanges();
  expect(server.app.changes.head).toEqual(head);
  // the newest changes are in memory of the server that made them, so the journal decides only for those behind it
  await expect(server.app.changes.checkRetained(0)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  await expect(server.app.changes.checkRetained(head.seq - 1)).resolves.toBeUndefined();
});

test('a key follows the changes of its own account only, whatever cursor it has', async () => {
  const server = await start({ AUTH: 'keys' });
  const other = await makeKey(server, { account: randomUUID(), scopes: ['images.read'] });
  const stream = await openEventStream(server, document, { accountId, after: beginning(server) }, bearer(other));
  onTestFinished(() => stream.close());
  expect((await stream.next())?.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  const metal = await openEventStream(
    server,
    'subscription($after: ChangeCursor) { metalImageChanged(after: $after) { cursor } }',
    { after: beginning(server) },
    bearer(other),
  );
  onTestFinished(() => metal.close());
  expect((await metal.next())?.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
});
