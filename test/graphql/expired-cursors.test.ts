import { expect, onTestFinished, test } from 'vitest';
import { encodeChangeCursor } from '../../src/domain/changes/changes.js';
import { openEventStream } from '../support/event-stream.js';
import { uploadImage } from '../support/image-operations.js';
import { journalHead } from '../support/journal-head.js';
import { createMetalImage } from '../support/metal-operations.js';
import { newPhoto } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

/** A server whose journal begins after a cursor that it once sent: the retention removed what was between, and it was restarted. */
const useExpired = async (): Promise<{ server: TestServer; expired: string; kept: string }> => {
  const variables = { DATA_DIR: await useTempFolder(), CHANGE_RETENTION_DAYS: '1' };
  const clock = { now: new Date() };
  const before = await startTestServer(variables, { now: () => clock.now });
  const expired = encodeChangeCursor(await journalHead(before));
  for (let count = 0; count < 2; count += 1) await uploadImage(before, await newPhoto());
  await createMetalImage(before, 'expired-1.0');
  const kept = encodeChangeCursor(await journalHead(before));
  clock.now = new Date(clock.now.getTime() + 2 * 24 * 60 * 60 * 1_000);
  await createMetalImage(before, 'kept-1.0');
  await uploadImage(before, await newPhoto());
  await before.app.images.expireChanges();
  await before.close();
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  return { server, expired, kept };
};

const subscriptions = {
  imageChanged: `subscription($after: ChangeCursor) { imageChanged(accountId: "${accountId}", after: $after) { kind } }`,
  metalImageChanged: 'subscription($after: ChangeCursor) { metalImageChanged(after: $after) { kind } }',
};

test('a cursor from before the retention is refused by the queries, by the argument of a subscription, and by Last-Event-ID', async () => {
  const { server, expired, kept } = await useExpired();
  const refusal = { message: expect.stringContaining('Read everything again'), extensions: { code: 'CURSOR_EXPIRED' } };
  for (const field of [`changes(accountId: "${accountId}", `, 'metalImageChanges(']) {
    const { errors } = await server.query(`{ ${field}after: "${expired}") { nodes { kind } } }`);
    expect(errors).toMatchObject([refusal]);
    const { data } = await server.query(`{ result: ${field}after: "${kept}") { nodes { kind } } }`);
    expect(data.result.nodes).toEqual([{ kind: 'CREATED' }]);
  }
  for (const [name, document] of Object.entries(subscriptions)) {
    const ways: [Record<string, unknown>, Record<string, string>][] = [
      [{ after: expired }, {}],
      [{}, { 'last-event-id': expired }],
      // the header has precedence
      [{ after: kept }, { 'last-event-id': expired }],
    ];
    for (const [variables, headers] of ways) {
      const stream = await openEventStream(server, document, variables, headers);
      expect((await stream.next())?.errors, name).toMatchObject([refusal]);
      expect(await stream.next(), 'nothing follows').toBeUndefined();
    }
    const resumed = await openEventStream(server, document, {}, { 'last-event-id': kept });
    onTestFinished(() => resumed.close());
    expect((await resumed.next())?.data).toEqual({ [name]: { kind: 'CREATED' } });
  }
  await expect.poll(() => server.app.changes.size).toBe(2);
});
