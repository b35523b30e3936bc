import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Overrides } from '../../src/app/overrides.js';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';
import { changeWebhook, createWebhook, findWebhook } from '../support/webhook-operations.js';
import { type ReceivedMessage, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';

const useServer = async (overrides: Overrides = {}): Promise<TestServer> => {
  const server = await startTestServer({ WEBHOOK_PRIVATE_ADDRESSES: 'on' }, { webhookRetryMs: () => 50, ...overrides });
  onTestFinished(() => server.close());
  return server;
};

const waitFor = (expectation: () => void | Promise<void>) => vi.waitFor(expectation, { timeout: 20_000, interval: 50 });
const typesOf = (messages: readonly ReceivedMessage[]) => messages.map(({ event }) => event.type);
const upload = async (server: TestServer) => uploadImage(server, await newPhoto());
const received = (receiver: WebhookReceiver, count: number) =>
  waitFor(() => expect(receiver.messages.length).toBeGreaterThanOrEqual(count));

/** Refuses every message until it is called again with 204. */
const respondWith = (receiver: WebhookReceiver, status: number, headers: Record<string, string> = {}) => {
  receiver.respond = (_message, response) => void response.writeHead(status, headers).end();
};

test('every change is sent in order with its ids, and with nothing of the image', async () => {
  const server = await useServer();
  const receiver = await startWebhookReceiver();
  await createWebhook(server, receiver.url);
  const image = await upload(server);
  await changeImage(server, 'updateImage', 'UpdateImageInput', { id: image.id, metadata: { altText: 'a secret' } });
  await server.query('mutation($id: ID!) { disableImage(input: { id: $id }) { __typename } }', { id: image.id });
  await server.query('mutation($id: ID!) { enableImage(input: { id: $id }) { __typename } }', { id: image.id });
  await deleteImage(server, image.id);
  await received(receiver, 5);
  expect(typesOf(receiver.messages)).toEqual([
    'image.created',
    'image.updated',
    'image.disabled',
    'image.enabled',
    'image.deleted',
  ]);
  for (const { event } of receiver.messages) {
    expect(event).toEqual({
      type: expect.any(String),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      data: { accountId, imageId: image.imageId, publicId: image.publicId, cursor: expect.any(String) },
    });
  }
  // the cursor of a message is that of the journal
  const { data } = await server.query(
    'query($id: UUID!, $after: ChangeCursor) { changes(accountId: $id, after: $after) { nodes { kind } } }',
    { id: accountId, after: receiver.messages[3]?.event.data.cursor },
  );
  expect(data.changes.nodes).toEqual([{ kind: 'DELETED' }]);
});

test('signatures are verified by the standardwebhooks package, and a message that was tampered with is not', async () => {
  const server = await useServer();
  const receiver = await startWebhookReceiver();
  const { secret, webhook } = await createWebhook(server, receiver.url);
  await upload(server);
  await received(receiver, 1);
  const [first] = receiver.messages as [ReceivedMessage];
  expect(new Webhook(secret).verify(first.body, first.headers)).toEqual(first.event);
  expect(() => new Webhook(secret).verify(first.body.replace('created', 'deleted'), first.headers)).toThrow();
  const otherId = { ...first.headers, 'webhook-id': 'msg_other' };
  expect(() => new Webhook(secret).verify(first.body, otherId)).toThrow();
  const { secret: newSecret } = await changeWebhook(server, 'rotateWebhookSecret', { id: webhook.id });
  await upload(server);
  await received(receiver, 2);
  const [, second] = receiver.messages as [ReceivedMessage, ReceivedMessage];
  expect(new Webhook(secret).verify(second.body, second.headers)).toEqual(second.event);
  expect(new Webhook(newSecret).verify(second.body, second.headers)).toEqual(second.event);
});

test('the secret before a rotation signs for the time of the limit, and no longer', async () => {
  let ahead = 0;
  const server = await useServer({ now: () => new Date(Date.now() + ahead) });
  const receiver = await startWebhookReceiver();
  const { secret, webhook } = await createWebhook(server, receiver.url);
  await changeWebhook(server, 'rotateWebhookSecret', { id: webhook.id });
  const signaturesOf = async (count: number) => {
    await upload(server);
    await received(receiver, count);
    return receiver.messages.at(-1)?.headers['webhook-signature']?.split(' ');
  };
  expect(await signaturesOf(1)).toHaveLength(2);
  ahead = 24 * 3_600_000 + 1_000;
  expect(await signaturesOf(2)).toHaveLength(1);
  const last = receiver.messages.at(-1) as ReceivedMessage;
  const asIfNow = { ...last.headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) };
  expect(() => new Webhook(secret).verify(last.body, asIfNow)).toThrow();
});

test('a message that fails is sent again with the same id and body, and nothing overtakes it', async () => {
  const server = await useServer();
  const receiver = await startWebhookReceiver();
  const { webhook } = await createWebhook(server, receiver.url);
  respondWith(receiver, 503);
  await upload(server);
  await received(receiver, 3);
  const image = await upload(server);
  await received(receiver, 5);
  const [first] = receiver.messages as [ReceivedMessage];
  expect(new Set(receiver.messages.map(({ id }) => id))).toEqual(new Set([first.id]));
  expect(new Set(receiver.messages.map(({ body }) => body))).toEqual(new Set([first.body]));
  expect(await findWebhook(server, webhook.id)).toMatchObject({ failingSince: expect.any(String), disabledOn: null });
  respondWith(receiver, 200);
  await waitFor(() => expect(receiver.messages.at(-1)?.event.data.imageId).toBe(image.imageId));
  await waitFor(async () =>
    expect(await findWebhook(server, webhook.id)).toMatchObject({
      failedAttempts: 0,
      failingSince: null,
      nextAttemptOn: null,
      deliveries: expect.arrayContaining([expect.objectContaining({ status: 200, failure: null })]),
    }),
  );
});

test('attempts end after a day: the webhook is disabled, and continues where it was once it is enabled', async () => {
  let ahead = 0;
  const server = await useServer({ now: () => new Date(Date.now() + ahead) });
  const receiver = await startWebhookReceiver();
  const { webhook } = await createWebhook(server, receiver.url);
  respondWith(receiver, 500);
  const image = await upload(server);
  await received(receiver, 1);
  ahead = 23 * 3_600_000;
  await received(receiver, 3);
  expect(await findWebhook(server, webhook.id)).toMatchObject({ disabledOn: null });
  ahead = 25 * 3_600_000;
  await waitFor(async () =>
    expect(await findWebhook(server, webhook.id)).toMatchObject({
      disabledOn: expect.any(String),
      failingSince: expect.any(String),
    }),
  );
  const { length } = receiver.messages;
  await upload(server);
  await sleep(500);
  expect(receiver.messages).toHaveLength(length);
  respondWith(receiver, 204);
  await changeWebhook(server, 'updateWebhook', { id: webhook.id, disabled: false });
  await received(receiver, length + 2);
  expect(receiver.messages[length]?.event.data.imageId).toBe(image.imageId);
});

test('a receiver that is gone (410) is sent nothing more', async () => {
  const server = await useServer();
  const receiver = await startWebhookReceiver();
  const { webhook } = await createWebhook(server, receiver.url);
  respondWith(receiver, 410);
  await upload(server);
  await waitFor(async () =>
    expect(await findWebhook(server, webhook.id)).toMatchObject({ disabledOn: expect.any(String) }),
  );
  expect(receiver.messages).toHaveLength(1);
});

test('Retry-After is respected', async () => {
  const server = await useServer();
  const receiver = await startWebhookReceiver();
  const { webhook } = await createWebhook(server, receiver.url);
  respondWith(receiver, 429, { 'retry-after': '3600' });
  await upload(server);
  await waitFor(async () => {
    const { nextAttemptOn } = await findWebhook(server, webhook.id);
    expect(Date.parse(nextAttemptOn) - Date.now()).toBeGreaterThan(3_500_000);
  });
  expect(receiver.messages).toHaveLength(1);
});

test('redirects are not followed', async () => {
  const server = await useServer();
  const [receiver, target] = [await startWebhookReceiver(), await startWebhookReceiver()];
  const { webhook } = await createWebhook(server, receiver.url);
  respondWith(receiver, 307, { location: target.url });
  await upload(server);
  await received(receiver, 2);
  expect(target.messages).toHaveLength(0);
  const { deliveries } = await findWebhook(server, webhook.id);
  expect(deliveries[0].failure).toBe('status 307: redirects are not followed');
});

test('receivers that hang hold up no other, and their bodies are not read', async () => {
  const server = await useServer();
  const [hanging, endless, healthy] = [
    await startWebhookReceiver(),
    await startWebhookReceiver(),
    await startWebhookReceiver(),
  ];
  hanging.respond = () => undefined;
  endless.respond = (_message, response) => {
    const write = (): void => {
      while (response.write('x'.repeat(100_000)));
    };
    response.writeHead(200).on('drain', write);
    write();
  };
  // as many as an account may have, in more accounts than there are places
  const others = Array.from({ length: 8 }, (_, index) => `00000000-0000-4000-8000-00000000010${index}`);
  for (const account of others) {
    for (let count = 0; count < 10; count += 1) await createWebhook(server, hanging.url, account);
  }
  await createWebhook(server, endless.url);
  await createWebhook(server, healthy.url);
  for (const account of others) await uploadImage(server, await newPhoto(), {}, account);
  await waitFor(() => expect(hanging.messages.length).toBeGreaterThan(16));
  const beganAtMs = performance.now();
  for (let count = 0; count < 3; count += 1) await upload(server);
  await received(endless, 3);
  await received(healthy, 3);
  expect(performance.now() - beganAtMs).toBeLessThan(8_000);
});

test('a webhook gets the changes of its account only, from its creation on', async () => {
  const server = await useServer();
  const receiver = await startWebhookReceiver();
  await upload(server);
  await createWebhook(server, receiver.url);
  await uploadImage(server, await newPhoto(), {}, 'ffffffff-0000-4000-8000-000000000000');
  const image = await upload(server);
  await received(receiver, 1);
  await sleep(300);
  expect(receiver.messages.map(({ event }) => event.data.imageId)).toEqual([image.imageId]);
});

test('a webhook that is changed or deleted while its message is sent gets no message at its old URL', async () => {
  const server = await useServer();
  const [before, after] = [await startWebhookReceiver(), await startWebhookReceiver()];
  const { webhook } = await createWebhook(server, before.url);
  before.respond = async (_message, response) => {
    await changeWebhook(server, 'updateWebhook', { id: webhook.id, url: after.url });
    response.writeHead(500).end();
  };
  await upload(server);
  await received(after, 1);
  expect(before.messages).toHaveLength(1);
  expect(after.messages[0]?.id).toBe(before.messages[0]?.id);
  await changeWebhook(server, 'deleteWebhook', { id: webhook.id });
  await upload(server);
  await sleep(500);
  expect(after.messages).toHaveLength(1);
});

test('a name that stands for a private address is refused at each attempt, and no address is in the log', async () => {
  const lookedUp: string[] = [];
  const server = await startTestServer(
    {},
    {
      webhookRetryMs: () => 50,
      resolveName: (hostname, _options, done) => {
        lookedUp.push(hostname);
        done(null, [{ address: '10.1.2.3', family: 4 }]);
      },
    },
  );
  onTestFinished(() => server.close());
  const { webhook } = await createWebhook(server, 'https://hooks.example/');
  await upload(server);
  await waitFor(() => expect(lookedUp.length).toBeGreaterThanOrEqual(3));
  const { deliveries } = await findWebhook(server, webhook.id);
  expect(deliveries.length).toBeGreaterThanOrEqual(2);
  for (const delivery of deliveries) {
    expect(delivery).toMatchObject({ status: null, failure: 'the host is not on the public Internet' });
  }
  expect(await changeWebhook(server, 'sendTestEvent', { id: webhook.id })).toMatchObject({
    delivery: { status: null, failure: 'the host is not on the public Internet' },
  });
});

test('a webhook that was disabled for longer than changes are kept is notified of that, and then gets what follows', async () => {
  let ahead = 0;
  const server = await useServer({ now: () => new Date(Date.now() + ahead) });
  const receiver = await startWebhookReceiver();
  const { webhook } = await createWebhook(server, receiver.url);
  await changeWebhook(server, 'updateWebhook', { id: webhook.id, disabled: true });
  for (const _ of [1, 2]) await upload(server);
  ahead = 8 * 24 * 3_600_000;
  // the newest change always stays, as it is the position of the journal
  await uploadImage(server, await newPhoto(), {}, 'ffffffff-0000-4000-8000-000000000000');
  await server.app.images.expireChanges();
  const later = await upload(server);
  await changeWebhook(server, 'updateWebhook', { id: webhook.id, disabled: false });
  await received(receiver, 2);
  const [missed, next] = receiver.messages as [ReceivedMessage, ReceivedMessage];
  expect(missed.event).toEqual({
    type: 'changes.missed',
    timestamp: expect.any(String),
    data: { accountId, cursor: expect.any(String) },
  });
  expect(next.event).toMatchObject({ type: 'image.created', data: { imageId: later.imageId } });
  // what follows the cursor is what follows the message
  const { data } = await server.query(
    'query($id: UUID!, $after: ChangeCursor) { changes(accountId: $id, after: $after) { nodes { image { imageId } } } }',
    { id: accountId, after: missed.event.data.cursor },
  );
  expect(data.changes.nodes).toEqual([{ image: { imageId: later.imageId } }]);
});

test('deliveries are counted by their outcome, with the age of the oldest change that waits', async () => {
  const server = await useServer();
  const receiver = await startWebhookReceiver();
  const count = (outcome: string) => readMetric(server, 'webhook_deliveries_total', { outcome });
  const pending = () => readMetric(server, 'webhook_pending_seconds');
  expect([await count('delivered'), await count('failed'), await pending()]).toEqual([0, 0, 0]);
  const { webhook } = await createWebhook(server, receiver.url);
  await upload(server);
  await waitFor(async () => expect(await count('delivered')).toBe(1));
  await waitFor(async () => expect(await pending()).toBe(0));
  respondWith(receiver, 500);
  await upload(server);
  await waitFor(async () => expect(await count('failed')).toBeGreaterThanOrEqual(2));
  const [first, second] = [await pending(), await sleep(50).then(pending)];
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThan(first);
  // what its owner has disabled is nothing that waits
  await changeWebhook(server, 'updateWebhook', { id: webhook.id, disabled: true });
  expect(await pending()).toBe(0);
});
