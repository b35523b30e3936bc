import type { WebhookDependencies } from '../dependencies.js';
import { NotFoundError } from '../errors.js';
import { authorize, type Caller, seesAccount } from '../identity/caller.js';
import type { AccountId } from '../images/image.js';
import type { StateReader } from '../ports.js';
import { checkIdCount, readSlice, type Slice, type Window } from '../slice.js';
import type { Webhook, WebhookDelivery, WebhookId } from './webhook.js';
import type { WebhookWriter } from './webhook-ports.js';

/** The webhooks of an account, oldest first. An account has few, so all of them are read. */
export const listWebhooks =
  ({ state, limits }: WebhookDependencies) =>
  async (caller: Caller, accountId: AccountId, window: Window<WebhookId>): Promise<Slice<Webhook>> => {
    authorize(caller, 'admin', accountId);
    const webhooks = await state.read.webhooks.ofAccount(accountId);
    const indexOf = (id: WebhookId) => webhooks.findIndex((webhook) => webhook.id === id);
    return readSlice(window, limits, {
      read: async ({ after, before, take, limit }) => {
        const start = after === undefined ? 0 : indexOf(after) + 1;
        const end = before === undefined ? webhooks.length : indexOf(before);
        const part = webhooks.slice(start, Math.max(start, end));
        return take === 'first' ? part.slice(0, limit) : part.slice(Math.max(0, part.length - limit));
      },
      positionOf: ({ id }) => id,
    });
  };

/** The webhooks with these ids, in the same order; null for those that do not exist or that the caller may not know of. */
export const findWebhooks =
  ({ state, limits }: WebhookDependencies) =>
  async (caller: Caller, ids: readonly WebhookId[]): Promise<(Webhook | null)[]> => {
    authorize(caller, 'admin');
    checkIdCount(ids, limits);
    const found = await state.read.webhooks.find(ids);
    const seen = new Map(
      found.filter(({ accountId }) => seesAccount(caller, accountId)).map((webhook) => [webhook.id, webhook]),
    );
    return ids.map((id) => seen.get(id) ?? null);
  };

/** The logs of webhooks that the caller was given, newest delivery first, in the order of the ids. */
export const findDeliveries =
  ({ state }: WebhookDependencies) =>
  async (ids: readonly WebhookId[]): Promise<WebhookDelivery[][]> => {
    const deliveries = new Map<WebhookId, WebhookDelivery[]>(ids.map((id) => [id, []]));
    for (const { webhookId, delivery } of await state.read.webhooks.deliveries(ids)) {
      deliveries.get(webhookId)?.push(delivery);
    }
    return ids.map((id) => deliveries.get(id) ?? []);
  };

const noSuchWebhook = (id: WebhookId): NotFoundError => new NotFoundError(`No webhook has the id ${id}.`);

/**
 * Runs work on a webhook in a transaction, if the caller may know of it.
 * @throws {NotFoundError}
 */
export const writeOwnWebhook = async <Result>(
  { state }: WebhookDependencies,
  caller: Caller,
  id: WebhookId,
  work: (webhooks: WebhookWriter, webhook: Webhook) => Promise<Result>,
): Promise<Result> => {
  authorize(caller, 'admin');
  await findOwnWebhook(state.read, caller, id);
  return state.write(async ({ webhooks }) => {
    const webhook = await webhooks.find(id);
    if (!webhook) throw noSuchWebhook(id);
    return work(webhooks, webhook);
  }, `webhook:${id}`);
};

/**
 * The webhook, if the caller may know of it.
 * @throws {NotFoundError} also for another account's webhook, so that its existence stays unknown.
 */
export const findOwnWebhook = async (read: StateReader, caller: Caller, id: WebhookId): Promise<Webhook> => {
  const [webhook] = await read.webhooks.find([id]);
  if (!webhook || !seesAccount(caller, webhook.accountId)) throw noSuchWebhook(id);
  return webhook;
};
