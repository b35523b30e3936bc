import { createHmac, randomBytes } from 'node:crypto';
import type { Webhook, WebhookSecret } from './webhook.js';

const prefix = 'whsec_';
const secretBytes = 32;

export const newWebhookSecret = (): WebhookSecret =>
  `${prefix}${randomBytes(secretBytes).toString('base64')}` as WebhookSecret;

/** "The content to sign is `msg_id.timestamp.payload`", signed by HMAC-SHA256 and the decoded secret. */
const sign = (content: string, secret: WebhookSecret): string =>
  `v1,${createHmac('sha256', Buffer.from(secret.slice(prefix.length), 'base64'))
    .update(content)
    .digest('base64')}`;

/** The headers of a message as Standard Webhooks has them. During a rotation the previous secret signs too. */
export const signedHeaders = (
  { secret, previousSecret, previousSecretUntil }: Webhook,
  { id, body }: { readonly id: string; readonly body: string },
  now: Date,
): Record<string, string> => {
  const timestamp = Math.floor(now.getTime() / 1000);
  const isRotating = previousSecret !== null && previousSecretUntil !== null && previousSecretUntil > now;
  const secrets = isRotating ? [secret, previousSecret] : [secret];
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map((each) => sign(`${id}.${timestamp}.${body}`, each)).join(' '),
  };
};
