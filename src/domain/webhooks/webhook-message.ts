import { type ChangeCursor, encodeChangeCursor, type JournalEntry } from '../changes/changes.js';
import type { AccountId } from '../images/image.js';

/** What a webhook sends. It is the same in every attempt. */
export interface WebhookMessage {
  /** Receivers that have seen it ignore the message. */
  readonly id: string;
  readonly type: string;
  readonly body: string;
}

const messageOf = (id: string, type: string, timestamp: Date, data: object): WebhookMessage => ({
  id,
  type,
  body: JSON.stringify({ type, timestamp: timestamp.toISOString(), data }),
});

/** An id without a dot, which separates it from the timestamp in what is signed. */
const idOf = ({ store, seq }: ChangeCursor): string => `msg_${store.replaceAll('-', '')}_${seq}`;

/** The message of a change: ids and what happened, but nothing of the image, which may have changed again. */
export const changeMessage = (change: JournalEntry): WebhookMessage => {
  const { accountId, imageId, publicId, kind, occurredOn } = change;
  const data = { accountId, imageId, publicId, cursor: encodeChangeCursor(change) };
  return messageOf(idOf(change), `image.${kind.toLowerCase()}`, occurredOn, data);
};

/** Says that changes up to the cursor can no longer be delivered: the receiver has to read everything again. */
export const missedMessage = (accountId: AccountId, cursor: ChangeCursor, now: Date): WebhookMessage =>
  messageOf(`${idOf(cursor)}_missed`, 'changes.missed', now, { accountId, cursor: encodeChangeCursor(cursor) });

export const testMessage = (id: string, accountId: AccountId, now: Date): WebhookMessage =>
  messageOf(`msg_test_${id}`, 'webhook.test', now, { accountId });
