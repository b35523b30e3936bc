import type { AccountId, Branded } from '../images/image.js';
import { asUuid } from '../images/image.js';

/** A UUID. */
export type WebhookId = Branded<'WebhookId'>;
/** `whsec_` and the base64 of 32 random bytes, which sign the messages (https://www.standardwebhooks.com). */
export type WebhookSecret = Branded<'WebhookSecret'>;

export const asWebhookId = (text: string): WebhookId | undefined => asUuid(text) as WebhookId | undefined;

/** How far the deliveries of a webhook have come. */
export interface DeliveryProgress {
  /** The changes of the account up to this number of the journal are delivered. */
  readonly deliveredSeq: number;
  /** How often in a row the next message failed. */
  readonly failedAttempts: number;
  /** When the first of these attempts failed; it stays if the server disables the webhook for it. */
  readonly failingSince: Date | null;
  /** When the next message is tried again. */
  readonly nextAttemptOn: Date | null;
  readonly disabledOn: Date | null;
}

/** Where the changes of an account's images are sent. */
export interface Webhook extends DeliveryProgress {
  readonly id: WebhookId;
  readonly accountId: AccountId;
  readonly url: string;
  readonly secret: WebhookSecret;
  /** The secret before the last rotation. */
  readonly previousSecret: WebhookSecret | null;
  /** Until when the previous secret signs too. */
  readonly previousSecretUntil: Date | null;
  readonly createdOn: Date;
  readonly updatedOn: Date;
  /** Rises with every change of the webhook, but not with its deliveries. */
  readonly revision: number;
}

/** One attempt to deliver a message. */
export interface WebhookDelivery {
  /** The same in every attempt for one message. */
  readonly messageId: string;
  readonly eventType: string;
  readonly attemptedOn: Date;
  readonly durationMs: number;
  /** The HTTP status of the response; null if there was none. */
  readonly status: number | null;
  /** Why the attempt failed; null if it succeeded. */
  readonly failure: string | null;
}
