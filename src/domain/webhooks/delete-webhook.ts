import type { WebhookDependencies } from '../dependencies.js';
import type { Caller } from '../identity/caller.js';
import { writeOwnWebhook } from './find-webhooks.js';
import type { Webhook, WebhookId } from './webhook.js';

/** Deletes a webhook and its log, and resolves with what it was. What it has not delivered is not sent any more. */
export const deleteWebhook =
  (dependencies: WebhookDependencies) =>
  (caller: Caller, id: WebhookId): Promise<Webhook> =>
    writeOwnWebhook(dependencies, caller, id, async (webhooks, webhook) => {
      await webhooks.delete(webhook);
      return webhook;
    });
