import type { AccountId } from '../images/image.js';
import type { DeliveryProgress, Webhook, WebhookDelivery, WebhookId } from './webhook.js';

export interface WebhookReader {
  find(ids: readonly WebhookId[]): Promise<Webhook[]>;
  /** Oldest first. */
  ofAccount(accountId: AccountId): Promise<Webhook[]>;
  /** The deliveries that are kept, newest first, each with its webhook. */
  deliveries(
    ids: readonly WebhookId[],
  ): Promise<{ readonly webhookId: WebhookId; readonly delivery: WebhookDelivery }[]>;
  /** Whether any webhook is enabled. */
  isAnyEnabled(): Promise<boolean>;
  /** When the oldest change occurred that an enabled webhook has not delivered; null if there is none. */
  oldestPending(): Promise<Date | null>;
  /** Enabled webhooks that have something to deliver now, those that are furthest behind first. */
  due(query: DueQuery): Promise<Webhook[]>;
}

export interface DueQuery {
  readonly now: Date;
  /** The number of the oldest change that the journal has. */
  readonly oldestSeq: number;
  /** Only those of these accounts; null for all. */
  readonly accountIds: readonly AccountId[] | null;
  readonly limit: number;
}

/** The columns of a webhook that people change. */
export type WebhookColumns = Pick<Webhook, 'updatedOn'> &
  Partial<
    Pick<
      Webhook,
      | 'url'
      | 'secret'
      | 'previousSecret'
      | 'previousSecretUntil'
      | 'disabledOn'
      | Exclude<keyof DeliveryProgress, 'deliveredSeq'>
    >
  >;

/** Within one transaction. */
export interface WebhookWriter {
  find(id: WebhookId): Promise<Webhook | null>;
  /** Until the transaction ends, no other one adds webhooks to the account. */
  count(accountId: AccountId): Promise<number>;
  insert(webhook: Webhook): Promise<void>;
  /** If the webhook was changed since it was read, the transaction runs again. */
  update(before: Webhook, columns: WebhookColumns): Promise<Webhook>;
  delete(before: Webhook): Promise<void>;
  /** Adds an attempt to the log of a webhook, of which the newest `kept` stay. */
  logDelivery(id: WebhookId, delivery: WebhookDelivery, kept: number): Promise<void>;
  /** Resolves with null if the webhook was changed, deleted or delivered by another server since it was read. */
  progress(before: Webhook, progress: DeliveryProgress): Promise<Webhook | null>;
  /** Moves enabled webhooks without undelivered changes to a position, so that changes which expire are not missed by them. */
  skipIdle(headSeq: number, oldestSeq: number): Promise<void>;
}

/** Sends messages over HTTP. */
export interface MessageSender {
  /**
   * Posts a JSON body and resolves with how the receiver responded, whose body is not read. It rejects only if the signal aborts.
   * @param seconds How long the receiver may take to respond.
   */
  post(
    message: { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string },
    seconds: number,
    signal: AbortSignal,
  ): Promise<SendOutcome>;
  /** Why messages are never sent to this URL; undefined if they may be. The addresses behind a name are judged when it is used. */
  faultOf(url: string): string | undefined;
}

export interface SendOutcome {
  /** The HTTP status; null without a response. */
  readonly status: number | null;
  /** Why it failed; null for a status from 200 to 299. */
  readonly failure: string | null;
  /** How long the receiver asked to wait. */
  readonly retryAfterSeconds: number | null;
}
