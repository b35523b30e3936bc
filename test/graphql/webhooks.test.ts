import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorCodes } from '../../src/domain/errors.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';
import { changeWebhook, createWebhook, findWebhook } from '../support/webhook-operations.js';
import { startWebhookReceiver } from '../support/webhook-receiver.js';

let server: TestServer;
let strict: TestServer;
beforeAll(async () => {
  server = await startTestServer({ WEBHOOK_PRIVATE_ADDRESSES: 'on' });
  strict = await startTestServer();
});
afterAll(async () => {
  await server.close();
  await strict.close();
});

let accounts = 0;
const newAccount = () => {
  accounts += 1;
  return `00000000-0000-4000-8000-${String(accounts).padStart(12, '0')}`;
};

const secretPattern = /^whsec_[A-Za-z0-9+/]{43}=$/;

test('a secret is shown when it is created and when it is rotated, and nowhere else', async () => {
  const { secret, webhook } = await createWebhook(server, 'https://hooks.example/1', newAccount());
  expect(secret).toMatch(secretPattern);
  const rotated = await changeWebhook(server, 'rotateWebhookSecret', { id: webhook.id });
  expect(rotated.secret).toMatch(secretPattern);
  expect(rotated.secret).not.toBe(secret);
  const remainingMs = Date.parse(rotated.webhook.previousSecretUntil) - Date.now();
  expect(remainingMs).toBeGreaterThan((defaultLimits.webhookRotationHours - 1) * 3_600_000);
  const { data } = await server.query('{ __type(name: "Webhook") { fields { name } } }');
  expect(data.__type.fields.map(({ name }: { name: string }) => name)).not.toContain('secret');
});

test('the webhooks of an account are listed in pages, oldest first, and an account sees its own', async () => {
  const account = newAccount();
  await createWebhook(server, 'https://hooks.example/other', newAccount());
  for (const name of ['a', 'b', 'c']) await createWebhook(server, `https://hooks.example/${name}`, account);
  const list = async (window: Record<string, unknown>) => {
    const { data } = await server.query(
      `query($account: UUID!, $first: PageSize, $after: String, $last: PageSize, $before: String) {
        webhooks(accountId: $account, first: $first, after: $after, last: $last, before: $before) {
          nodes { url } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
      { account, ...window },
    );
    const { nodes, pageInfo } = data.webhooks;
    return { ...pageInfo, names: nodes.map(({ url }: { url: string }) => url.at(-1)).join('') };
  };
  const first = await list({ first: 2 });
  expect(first).toMatchObject({ names: 'ab', hasNextPage: true, hasPreviousPage: false });
  const second = await list({ first: 2, after: first.endCursor });
  expect(second).toMatchObject({ names: 'c', hasNextPage: false, hasPreviousPage: true });
  expect(await list({ last: 2 })).toMatchObject({ names: 'bc', hasPreviousPage: true });
  expect(await list({ last: 1, before: second.startCursor })).toMatchObject({ names: 'b', hasNextPage: true });
});

test('an account has a limited number of webhooks, also if they are created at the same time', async () => {
  const account = newAccount();
  const results = await Promise.all(
    Array.from({ length: defaultLimits.webhooksPerAccount + 3 }, () =>
      createWebhook(server, 'https://hooks.example/', account),
    ),
  );
  const refused = results.filter(({ code }) => code);
  expect(refused).toHaveLength(3);
  expect(refused[0]).toMatchObject({
    code: 'WEBHOOK_LIMIT_REACHED',
    limitWebhooks: defaultLimits.webhooksPerAccount,
    message: expect.stringContaining(String(defaultLimits.webhooksPerAccount)),
  });
  expect(errorCodes).toContain('WEBHOOK_LIMIT_REACHED');
});

test.each([
  ['no URL', 'hooks'],
  ['http', 'http://hooks.example/'],
  ['another scheme', 'file:///etc/passwd'],
  ['a password', 'https://user:word@hooks.example/'],
  ['this machine', 'https://127.0.0.1/'],
  ['this machine in hexadecimal', 'https://0x7f.1/'],
  ['this machine by IPv6', 'https://[::1]/'],
  ['this machine mapped into IPv6', 'https://[::ffff:127.0.0.1]/'],
  ['a private network', 'https://10.0.0.1/'],
  ["a cloud's metadata", 'https://169.254.169.254/latest/'],
  ['a URL that is too long', `https://hooks.example/${'a'.repeat(defaultLimits.webhookUrlLength)}`],
])('a webhook is not created or changed for %s', async (_name, url) => {
  const account = newAccount();
  expect(await createWebhook(strict, url, account)).toMatchObject({
    code: 'INVALID_INPUT',
    issues: [{ path: ['url'], message: expect.stringContaining('Accepts') }],
  });
  const { webhook } = await createWebhook(strict, 'https://hooks.example/', account);
  expect(await changeWebhook(strict, 'updateWebhook', { id: webhook.id, url })).toMatchObject({
    code: 'INVALID_INPUT',
  });
  expect(await findWebhook(strict, webhook.id)).toMatchObject({ url: 'https://hooks.example/' });
});

test('a test event reports how the receiver responded, and is in the log', async () => {
  const receiver = await startWebhookReceiver();
  const { webhook } = await createWebhook(server, receiver.url);
  expect(await changeWebhook(server, 'sendTestEvent', { id: webhook.id })).toMatchObject({
    delivery: { eventType: 'webhook.test', status: 204, failure: null },
  });
  expect(receiver.messages).toMatchObject([{ event: { type: 'webhook.test', data: { accountId } } }]);
  receiver.respond = (_message, response) => void response.writeHead(500).end();
  expect(await changeWebhook(server, 'sendTestEvent', { id: webhook.id })).toMatchObject({
    delivery: { status: 500, failure: 'status 500' },
  });
  await receiver.close();
  expect(await changeWebhook(server, 'sendTestEvent', { id: webhook.id })).toMatchObject({
    delivery: { status: null, failure: 'the connection failed (ECONNREFUSED)' },
  });
  const { deliveries, failedAttempts } = await findWebhook(server, webhook.id);
  expect(deliveries.map(({ status }: { status: number | null }) => status)).toEqual([null, 500, 204]);
  // it is not an event that has to arrive
  expect(failedAttempts).toBe(0);
});

test('a webhook whose name stands for a private address is not sent', async () => {
  const { webhook } = await createWebhook(strict, 'https://localhost/');
  expect(await changeWebhook(strict, 'sendTestEvent', { id: webhook.id })).toMatchObject({
    delivery: { status: null, failure: 'the host is not on the public Internet' },
  });
});

test('the log of a webhook keeps the newest deliveries', async () => {
  const receiver = await startWebhookReceiver();
  const { webhook } = await createWebhook(server, receiver.url, newAccount());
  const count = defaultLimits.webhookDeliveries + 3;
  for (let sent = 0; sent < count; sent += 1) await changeWebhook(server, 'sendTestEvent', { id: webhook.id });
  const { deliveries } = await findWebhook(server, webhook.id);
  const newest = receiver.messages.map(({ id }) => id).toReversed();
  expect(deliveries.map(({ messageId }: { messageId: string }) => messageId)).toEqual(
    newest.slice(0, defaultLimits.webhookDeliveries),
  );
});

test('a deleted webhook is gone with its log, and cannot be changed', async () => {
  const { webhook } = await createWebhook(server, 'https://hooks.example/', newAccount());
  expect(await changeWebhook(server, 'deleteWebhook', { id: webhook.id })).toEqual({ deletedId: webhook.id });
  expect(await findWebhook(server, webhook.id)).toBeNull();
  for (const name of ['updateWebhook', 'rotateWebhookSecret', 'sendTestEvent', 'deleteWebhook']) {
    expect(await changeWebhook(server, name, { id: webhook.id })).toMatchObject({ code: 'NOT_FOUND' });
  }
});
