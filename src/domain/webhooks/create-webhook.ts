import type { WebhookDependencies } from '../dependencies.js';
import { InvalidInputError, WebhookLimitReachedError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { AccountId } from '../images/image.js';
import type { Limits } from '../limits.js';
import type { Webhook } from './webhook.js';
import type { MessageSender } from './webhook-ports.js';
import { newWebhookSecret } from './webhook-secret.js';

/**
 * Sends every change of the account's images from now on to a URL. Its secret is in the result, and shown only here.
 * @throws {InvalidInputError} for a URL that is not accepted. {@link WebhookLimitReachedError}
 */
export const createWebhook =
  ({ state, changes, sender, limits, now, newWebhookId, onChange }: WebhookDependencies) =>
  async (caller: Caller, { accountId, url }: { accountId: AccountId; url: string }): Promise<Webhook> => {
    authorize(caller, 'admin', accountId);
    checkWebhookUrl(url, sender, limits);
    const webhook = await state.write(async (writer) => {
      if ((await writer.webhooks.count(accountId)) >= limits.webhooksPerAccount) {
        throw new WebhookLimitReachedError(limits.webhooksPerAccount);
      }
      const createdOn = now();
      const created: Webhook = {
        id: newWebhookId(),
        accountId,
        url,
        secret: newWebhookSecret(),
        previousSecret: null,
        previousSecretUntil: null,
        createdOn,
        updatedOn: createdOn,
        disabledOn: null,
        revision: 1,
        deliveredSeq: changes.head.seq,
        failedAttempts: 0,
        failingSince: null,
        nextAttemptOn: null,
      };
      await writer.webhooks.insert(created);
      return created;
    }, `webhooksOf:${accountId}`);
    onChange();
    return webhook;
  };

/** @throws {InvalidInputError} */
export const checkWebhookUrl = (url: string, sender: MessageSender, { webhookUrlLength }: Limits): void => {
  if (url.length > webhookUrlLength) {
    throw InvalidInputError.at(['url'], `Accepts a URL of at most ${webhookUrlLength} characters.`);
  }
  const fault = sender.faultOf(url);
  if (fault) throw InvalidInputError.at(['url'], fault);
};
