import type { Limits } from '../limits.js';
import type { Webhook, WebhookDelivery } from './webhook.js';
import type { WebhookMessage } from './webhook-message.js';
import type { MessageSender, SendOutcome } from './webhook-ports.js';
import { signedHeaders } from './webhook-secret.js';

export interface AttemptDependencies {
  readonly sender: MessageSender;
  readonly limits: Limits;
  readonly now: () => Date;
}

export interface Attempt extends Pick<SendOutcome, 'retryAfterSeconds'> {
  readonly delivery: WebhookDelivery;
}

/** Sends a message once, signed. It rejects only if the signal aborts. */
export const attemptDelivery = async (
  { sender, limits, now }: AttemptDependencies,
  webhook: Webhook,
  message: WebhookMessage,
  signal: AbortSignal,
): Promise<Attempt> => {
  const attemptedOn = now();
  const beganAtMs = performance.now();
  const headers = signedHeaders(webhook, message, attemptedOn);
  const request = { url: webhook.url, headers, body: message.body };
  const outcome = await sender.post(request, limits.webhookSeconds, signal);
  return {
    retryAfterSeconds: outcome.retryAfterSeconds,
    delivery: {
      messageId: message.id,
      eventType: message.type,
      attemptedOn,
      durationMs: Math.round(performance.now() - beganAtMs),
      status: outcome.status,
      failure: outcome.failure,
    },
  };
};
