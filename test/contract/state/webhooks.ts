import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { AccountId } from '../../../src/domain/images/image.js';
import type { State } from '../../../src/domain/ports.js';
import type { Webhook, WebhookDelivery, WebhookId, WebhookSecret } from '../../../src/domain/webhooks/webhook.js';
import { insertSample, sampleAccountId, sampleImage } from '../../support/samples.js';
import { type OpenStatePair, race, raceRounds, useStates } from './open-state-pair.js';

const createdOn = new Date('2026-01-02T03:04:05.678Z');
const now = new Date('2026-01-03T00:00:00.000Z');
const noProgress = { failedAttempts: 0, failingSince: null, nextAttemptOn: null, disabledOn: null };

const sampleWebhook = (given: Partial<Webhook> = {}): Webhook => ({
  id: randomUUID() as WebhookId,
  accountId: sampleAccountId(),
  url: 'https://hooks.example/',
  secret: 'whsec_AAAA' as WebhookSecret,
  previousSecret: null,
  previousSecretUntil: null,
  createdOn,
  updatedOn: createdOn,
  revision: 1,
  deliveredSeq: 0,
  ...noProgress,
  ...given,
});

const sampleDelivery = (given: Partial<WebhookDelivery> = {}): WebhookDelivery => ({
  messageId: 'msg_1',
  eventType: 'image.created',
  attemptedOn: createdOn,
  durationMs: 12,
  status: 500,
  failure: 'status 500',
  ...given,
});

const insert = async (state: State, given: Partial<Webhook> = {}): Promise<Webhook> => {
  const webhook = sampleWebhook(given);
  await state.write(({ webhooks }) => webhooks.insert(webhook));
  return webhook;
};
const insertImage = async (state: State, accountId: AccountId): Promise<number> => {
  await insertSample(state, sampleImage({ accountId }));
  return state.read.changes.head();
};
const dueIds = async (
  { read }: State,
  given: { accountIds?: AccountId[] | null; limit?: number; oldestSeq?: number } = {},
) => (await read.webhooks.due({ now, oldestSeq: 1, accountIds: null, limit: 10, ...given })).map(({ id }) => id);

export const testWebhooks = (open: OpenStatePair): void => {
  test('a webhook is read as it was written, dates and secrets included, and those of an account oldest first', async () => {
    const [first, second] = await useStates(open);
    const accountId = sampleAccountId();
    const previousSecretUntil = new Date('2026-02-03T04:05:06.789Z');
    const later = new Date(createdOn.getTime() + 1);
    const newer = await insert(first, {
      accountId,
      createdOn: later,
      previousSecret: 'whsec_BBBB' as WebhookSecret,
      previousSecretUntil,
      deliveredSeq: 2 ** 40,
      failedAttempts: 3,
      failingSince: later,
      nextAttemptOn: later,
    });
    const older = await insert(second, { accountId });
    const other = await insert(second);
    expect(await second.read.webhooks.find([newer.id])).toEqual([newer]);
    expect(await first.read.webhooks.ofAccount(accountId)).toEqual([older, newer]);
    expect(await first.read.webhooks.ofAccount(other.accountId)).toEqual([other]);
    expect(await first.write(({ webhooks }) => webhooks.find(other.id))).toEqual(other);
    expect(await first.write(({ webhooks }) => webhooks.find(randomUUID() as WebhookId))).toBeNull();
  });

  test('of two changes at once both count, the second on top of the first, and so does a deletion', async () => {
    const [first, second] = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const { id } = await insert(first);
      const change = (state: State, columns: { url?: string; disabledOn?: Date }) =>
        state.write(async ({ webhooks }) => {
          const webhook = await webhooks.find(id);
          return webhook && webhooks.update(webhook, { updatedOn: now, ...columns });
        });
      const { lost } = await race(
        () => change(first, { url: 'https://new.example/' }),
        () => change(second, { disabledOn: now }),
      );
      expect(lost).toEqual([]);
      expect(await second.read.webhooks.find([id])).toMatchObject([
        { url: 'https://new.example/', disabledOn: now, revision: 3 },
      ]);
      const remove = (state: State) =>
        state.write(async ({ webhooks }) => {
          const webhook = await webhooks.find(id);
          if (webhook) await webhooks.delete(webhook);
          return webhook !== null;
        });
      const { won } = await race(
        () => remove(first),
        () => remove(second),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
    }
  });

  test('a limit that is compared with the count holds, if webhooks are created at the same time', async () => {
    const [first, second] = await useStates(open);
    for (let round = 0; round < raceRounds; round += 1) {
      const accountId = sampleAccountId();
      const createOne = (state: State) =>
        state.write(async ({ webhooks }) => {
          if ((await webhooks.count(accountId)) > 0) throw new Error('enough');
          await webhooks.insert(sampleWebhook({ accountId }));
        });
      const { won } = await race(
        () => createOne(first),
        () => createOne(second),
      );
      expect(won).toHaveLength(1);
      expect(await first.read.webhooks.ofAccount(accountId)).toHaveLength(1);
    }
  });

  test('due are enabled webhooks with changes of their account, whose next attempt has come, furthest behind first', async () => {
    const [first, second] = await useStates(open);
    const accountId = sampleAccountId();
    const [early, late] = [await insertImage(first, accountId), await insertImage(first, accountId)];
    const head = await insertImage(second, accountId);
    const ahead = await insert(first, { accountId, deliveredSeq: late });
    const behind = await insert(first, { accountId });
    const retried = await insert(second, { accountId, deliveredSeq: early, nextAttemptOn: now });
    await insert(first, { accountId, deliveredSeq: head });
    await insert(first, { accountId, disabledOn: createdOn });
    await insert(first, { accountId, nextAttemptOn: new Date(now.getTime() + 1) });
    await insert(first);
    for (const state of [first, second]) {
      const ids = [behind.id, retried.id, ahead.id];
      expect(await dueIds(state)).toEqual(ids);
      expect(await dueIds(state, { accountIds: [accountId] })).toEqual(ids);
      expect(await dueIds(state, { accountIds: [sampleAccountId()] })).toEqual([]);
      expect(await dueIds(state, { limit: 1 })).toEqual(ids.slice(0, 1));
    }
  });

  test('a webhook whose changes expired is due, although the journal has none of them', async () => {
    const [first] = await useStates(open);
    const accountId = sampleAccountId();
    const missed = await insert(first, { accountId });
    const seq = await insertImage(first, accountId);
    const oldestSeq = await insertImage(first, sampleAccountId());
    await first.write((writer) => writer.deleteChanges(seq));
    expect(await dueIds(first, { oldestSeq })).toEqual([missed.id]);
    const entries = await first.read.changes.entries(accountId, 0, 10);
    expect(entries).toEqual([]);
  });

  test('progress of one server is the only one: none on top of a change, a disabling or the progress of another', async () => {
    const [first, second] = await useStates(open);
    const webhook = await insert(first);
    const progress = { ...noProgress, deliveredSeq: 7 };
    const { won } = await race(
      () => first.write(({ webhooks }) => webhooks.progress(webhook, progress)),
      () => second.write(({ webhooks }) => webhooks.progress(webhook, progress)),
    );
    expect(won.filter((after) => after !== null)).toEqual([{ ...webhook, deliveredSeq: 7 }]);
    const [delivered = webhook] = await first.read.webhooks.find([webhook.id]);
    const changed = await second.write(({ webhooks }) =>
      webhooks.update(delivered, { updatedOn: now, url: 'https://b.example/' }),
    );
    const next = { ...noProgress, deliveredSeq: 8 };
    expect(await first.write(({ webhooks }) => webhooks.progress(delivered, next))).toBeNull();
    await second.write(({ webhooks }) => webhooks.update(changed, { updatedOn: now, disabledOn: now }));
    expect(await first.write(({ webhooks }) => webhooks.progress({ ...changed, revision: 3 }, next))).toBeNull();
    expect(await first.read.webhooks.find([webhook.id])).toMatchObject([{ deliveredSeq: 7, disabledOn: now }]);
  });

  test('the log keeps the newest deliveries of each webhook, goes with it, and is not written for one that is gone', async () => {
    const [first, second] = await useStates(open);
    const [logged, other] = [await insert(first), await insert(first)];
    const log = (state: State, id: WebhookId, messageId: string) =>
      state.write(({ webhooks }) => webhooks.logDelivery(id, sampleDelivery({ messageId }), 3));
    await log(first, other.id, 'other');
    for (const messageId of ['1', '2', '3', '4', '5'])
      await log(messageId === '4' ? second : first, logged.id, messageId);
    const messagesOf = async (ids: WebhookId[]) =>
      (await second.read.webhooks.deliveries(ids)).map(({ webhookId, delivery }) => [webhookId, delivery.messageId]);
    expect(await messagesOf([logged.id])).toEqual(['5', '4', '3'].map((messageId) => [logged.id, messageId]));
    expect(await messagesOf([other.id])).toEqual([[other.id, 'other']]);
    expect((await first.read.webhooks.deliveries([other.id]))[0]?.delivery).toEqual(
      sampleDelivery({ messageId: 'other' }),
    );
    await second.write(({ webhooks }) => webhooks.delete(logged));
    await log(first, logged.id, '6');
    expect(await messagesOf([logged.id, other.id])).toEqual([[other.id, 'other']]);
  });

  test('webhooks without undelivered changes are moved on, and no other', async () => {
    const [first, second] = await useStates(open);
    const accountId = sampleAccountId();
    const seq = await insertImage(first, accountId);
    const head = await insertImage(first, sampleAccountId());
    const idle = await insert(first, { accountId, deliveredSeq: seq });
    const pending = await insert(first, { accountId });
    const disabled = await insert(first, { accountId, deliveredSeq: seq, disabledOn: now });
    await second.write(({ webhooks }) => webhooks.skipIdle(head, 1));
    const positions = await first.read.webhooks.find([idle.id, pending.id, disabled.id]);
    expect(new Map(positions.map(({ id, deliveredSeq }) => [id, deliveredSeq]))).toEqual(
      new Map([
        [idle.id, head],
        [pending.id, 0],
        [disabled.id, seq],
      ]),
    );
    // one that missed changes has to hear of that
    const missed = await insert(first, { deliveredSeq: 0 });
    await first.write(({ webhooks }) => webhooks.skipIdle(head, head));
    expect(await first.read.webhooks.find([missed.id])).toMatchObject([{ deliveredSeq: 0 }]);
  });

  test('the oldest change that waits is that of an enabled webhook', async () => {
    const [first, second] = await useStates(open);
    const accountId = sampleAccountId();
    expect(await first.read.webhooks.oldestPending()).toBeNull();
    const seq = await insertImage(first, accountId);
    const head = await insertImage(first, accountId);
    const disabled = await insert(first, { accountId, disabledOn: now });
    await insert(second, { accountId, deliveredSeq: head });
    expect(await second.read.webhooks.oldestPending()).toBeNull();
    const changes = await first.read.changes.entries(accountId, 0, 2);
    await insert(first, { accountId, deliveredSeq: seq });
    expect(await second.read.webhooks.oldestPending()).toEqual(changes[1]?.occurredOn);
    await first.write(({ webhooks }) => webhooks.update(disabled, { updatedOn: now, disabledOn: null }));
    expect(await second.read.webhooks.oldestPending()).toEqual(changes[0]?.occurredOn);
  });

  test('whether any webhook is enabled is known on both connections', async () => {
    const [first, second] = await useStates(open);
    expect(await first.read.webhooks.isAnyEnabled()).toBe(false);
    const webhook = await insert(first);
    expect(await second.read.webhooks.isAnyEnabled()).toBe(true);
    await second.write(({ webhooks }) => webhooks.update(webhook, { updatedOn: now, disabledOn: now }));
    expect(await first.read.webhooks.isAnyEnabled()).toBe(false);
  });

  test('the position of the purges rises and never falls, and lists which images of any account changed since', async () => {
    const [first, second] = await useStates(open);
    expect(await first.read.purgedSeq()).toBeNull();
    await second.write((writer) => writer.setPurgedSeq(2 ** 40));
    await first.write((writer) => writer.setPurgedSeq(7));
    for (const { read } of [first, second]) expect(await read.purgedSeq()).toBe(2 ** 40);
    const images = [await insertSample(first), await insertSample(second)];
    const all = await first.read.changes.changedImages(0, 10);
    expect(all.map(({ publicId }) => publicId)).toEqual(images.map(({ publicId }) => publicId));
    expect(await second.read.changes.changedImages(all[0]?.seq ?? 0, 10)).toEqual(all.slice(1));
    expect(await second.read.changes.changedImages(0, 1)).toEqual(all.slice(0, 1));
  });
};
