import type { WebhookDependencies } from '../dependencies.js';
import type { Caller } from '../identity/caller.js';
import { checkWebhookUrl } from './create-webhook.js';
import { writeOwnWebhook } from './find-webhooks.js';
import type { Webhook, WebhookId } from './webhook.js';
import type { WebhookColumns } from './webhook-ports.js';
import { newWebhookSecret } from './webhook-secret.js';

interface WebhookUpdate {
  readonly id: WebhookId;
  readonly url?: string | null | undefined;
  readonly disabled?: boolean | null | undefined;
}

const noFailures = { failedAttempts: 0, failingSince: null, nextAttemptOn: null };

/**
 * Changes what is given. The next message is tried at once. A webhook that is enabled again continues after the last change that it
 * delivered.
 * @throws {NotFoundError} {@link InvalidInputError} for a URL that is not accepted.
 */
export const updateWebhook =
  (dependencies: WebhookDependencies) =>
  (caller: Caller, { id, url, disabled }: WebhookUpdate): Promise<Webhook> =>
    changeWebhook(dependencies, caller, id, ({ disabledOn }, updatedOn) => {
      if (typeof url === 'string') checkWebhookUrl(url, dependencies.sender, dependencies.limits);
      return {
        ...noFailures,
        updatedOn,
        ...(typeof url === 'string' ? { url } : {}),
        ...(typeof disabled === 'boolean' ? { disabledOn: disabled ? (disabledOn ?? updatedOn) : null } : {}),
      };
    });

/**
 * Gives the webhook a new secret, which is in the result and shown only here. Both secrets sign for a while.
 * @throws {NotFoundError}
 */
export const rotateWebhookSecret =
  (dependencies: WebhookDependencies) =>
  (caller: Caller, id: WebhookId): Promise<Webhook> =>
    changeWebhook(dependencies, caller, id, ({ secret }, updatedOn) => ({
      updatedOn,
      secret: newWebhookSecret(),
      previousSecret: secret,
      previousSecretUntil: new Date(updatedOn.getTime() + dependencies.limits.webhookRotationHours * 3_600_000),
    }));

const changeWebhook = async (
  dependencies: WebhookDependencies,
  caller: Caller,
  id: WebhookId,
  columnsOf: (webhook: Webhook, updatedOn: Date) => WebhookColumns,
): Promise<Webhook> => {
  const changed = await writeOwnWebhook(dependencies, caller, id, (webhooks, webhook) =>
    webhooks.update(webhook, columnsOf(webhook, dependencies.now())),
  );
  dependencies.onChange();
  return changed;
};
