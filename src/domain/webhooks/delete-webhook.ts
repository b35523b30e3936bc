import { authorize, type Caller } from '../identity/caller.js';
import { findOwnWebhook, noSuchWebhook } from './find-webhooks.js';
import type { Webhook, WebhookId } from './webhook.js';
import type { WebhookDependencies } from './webhook-dependencies.js';

/** Deletes a webhook and its log, and resolves with what it was. What it has not delivered is not sent any more. */
export const deleteWebhook =
  ({ state }: WebhookDependencies) =>
  async (caller: Caller, id: WebhookId): Promise<Webhook> => {
    authorize(caller, 'admin');
    await findOwnWebhook(state.read, caller, id);
    return state.write(async (writer) => {
      const webhook = await writer.webhooks.find(id);
      if (!webhook) throw noSuchWebhook(id);
      await writer.webhooks.delete(webhook);
      return webhook;
    });
  };
