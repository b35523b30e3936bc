import type { WebhookDependencies } from '../dependencies.js';
import { createWebhook } from './create-webhook.js';
import { deleteWebhook } from './delete-webhook.js';
import { findDeliveries, findWebhooks, listWebhooks } from './find-webhooks.js';
import { sendTestEvent } from './send-test-event.js';
import { rotateWebhookSecret, updateWebhook } from './update-webhook.js';

/** All that can be done with webhooks. */
export const createWebhookService = (dependencies: WebhookDependencies) => ({
  create: createWebhook(dependencies),
  update: updateWebhook(dependencies),
  rotateSecret: rotateWebhookSecret(dependencies),
  delete: deleteWebhook(dependencies),
  sendTest: sendTestEvent(dependencies),
  list: listWebhooks(dependencies),
  find: findWebhooks(dependencies),
  findDeliveries: findDeliveries(dependencies),
});

export type WebhookService = ReturnType<typeof createWebhookService>;
