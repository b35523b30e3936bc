import type { BoundedQueue } from '../../lib/bounded-queue.js';
import type { ChangeFeed } from '../changes/change-feed.js';
import type { Limits } from '../limits.js';
import type { State } from '../ports.js';
import type { WebhookId } from './webhook.js';
import type { MessageSender } from './webhook-ports.js';

/** What the operations on webhooks work with. */
export interface WebhookDependencies {
  readonly state: State;
  readonly changes: Pick<ChangeFeed, 'head'>;
  readonly sender: MessageSender;
  /** Test events are sent a few at a time, in turns among callers. */
  readonly testSends: BoundedQueue;
  readonly limits: Limits;
  readonly now: () => Date;
  readonly newWebhookId: () => WebhookId;
  /** Called after each change: there may be something to deliver. */
  readonly onChange: () => void;
}
