import { randomUUID } from 'node:crypto';
import { Demand } from '../../lib/demand.js';
import type { WebhookDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import { attemptDelivery } from './attempt-delivery.js';
import { findOwnWebhook } from './find-webhooks.js';
import type { Webhook, WebhookDelivery, WebhookId } from './webhook.js';
import { testMessage } from './webhook-message.js';

/**
 * Sends an event of the type `webhook.test` at once, even if the webhook is disabled, and resolves with how the receiver responded. It
 * is not sent again.
 * @throws {NotFoundError} {@link UnavailableError} if too many are waiting.
 */
export const sendTestEvent =
  (dependencies: WebhookDependencies) =>
  async (caller: Caller, id: WebhookId): Promise<{ webhook: Webhook; delivery: WebhookDelivery }> => {
    const { state, testSends, limits, now } = dependencies;
    authorize(caller, 'admin');
    const webhook = await findOwnWebhook(state.read, caller, id);
    const message = testMessage(randomUUID(), webhook.accountId, now());
    const { delivery } = await testSends.run(
      () => attemptDelivery(dependencies, webhook, message, new AbortController().signal),
      Demand.of(caller.client ?? ''),
    );
    await state.write((writer) => writer.webhooks.logDelivery(id, delivery, limits.webhookDeliveries));
    return { webhook, delivery };
  };
