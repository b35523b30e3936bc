import { Alarm } from '../../lib/alarm.js';
import { pause } from '../../lib/pause.js';
import type { ChangeFeed } from '../changes/change-feed.js';
import type { Commit } from '../changes/changes.js';
import type { AccountId } from '../images/image.js';
import type { State } from '../ports.js';
import { type Attempt, type AttemptDependencies, attemptDelivery } from './attempt-delivery.js';
import type { DeliveryProgress, Webhook, WebhookId } from './webhook.js';
import { changeMessage, missedMessage, type WebhookMessage } from './webhook-message.js';

/** Webhooks that are delivered at the same time, and how many of these may be slow or failing: their receivers hold up no others. */
const maxRunning = 48;
const maxSlow = 16;
/** Of one account. */
const maxRunningOfAccount = 4;
/** The messages of a webhook before the next one has its turn, and how long it may take before it ends early. */
const turnLength = 20;
const turnMs = 1_000;
/** Webhooks that are read at once, of those that have something to deliver. */
const maxDue = 1_000;
/** How often all webhooks are looked at: the next attempt may have come, and other servers create webhooks too. */
const tickMs = 1_000;
/** The shortest time between two looks, so that many writes cause few reads. */
const pauseMs = 50;
/** How long a webhook rests whose delivery could not be noted: it would send the same message again and again. */
const faultPauseMs = 10_000;
/** How often webhooks without changes are moved to the end of the journal. */
const skipIdleMs = 600_000;

/** 5 seconds after the first failure, then twice as long each time, at most an hour. */
export const standardRetryMs = (failedAttempts: number): number =>
  Math.min(5_000 * 2 ** (failedAttempts - 1), 3_600_000);

export interface WebhookDeliveryDependencies extends AttemptDependencies {
  readonly state: State;
  readonly changes: Pick<ChangeFeed, 'store'>;
  /** How long to wait after so many failed attempts in a row. */
  readonly retryMs: (failedAttempts: number) => number;
  /** Whether other servers may create webhooks. */
  readonly isShared: boolean;
  readonly meter: { deliveryFinished(outcome: 'delivered' | 'failed'): void };
  readonly onFault: (error: unknown) => void;
}

/**
 * Delivers the journal to webhooks: each message at least once, and those of one webhook in order. What was delivered is in the
 * database, so another server, or this one after a crash, continues there. One server of an installation runs it at a time.
 */
export class WebhookDeliveries {
  /** The accounts that may have something to deliver; null for all. */
  #dirty: Set<AccountId> | null = null;
  /** The accounts of webhooks for which there was no place. */
  readonly #waiting = new Set<AccountId>();
  readonly #running = new Map<WebhookId, { readonly accountId: AccountId; readonly isSlow: boolean }>();
  /** The last turns of webhooks: those that waited longest come first. */
  #turns = new Map<WebhookId, { readonly number: number; readonly wasSlow: boolean }>();
  #turn = 0;
  #isAnyEnabled = false;
  readonly #alarm = new Alarm();

  constructor(private readonly dependencies: WebhookDeliveryDependencies) {}

  /** Consumes a commit. */
  follow({ changes, isCertain }: Commit): void {
    if (!this.#isAnyEnabled) return;
    if (!isCertain) this.lookAgain();
    for (const change of changes) if (change.of === 'image') this.#dirty?.add(change.accountId);
    if (changes.length > 0) this.#alarm.wake();
  }

  /** Any webhook may have something to deliver: one was created or changed. */
  lookAgain(): void {
    this.#dirty = null;
    this.#alarm.wake();
  }

  /** Delivers until the signal aborts. Messages that are being sent then are sent again by the next run. */
  async run(signal: AbortSignal): Promise<void> {
    const turns = new Set<Promise<void>>();
    let skipAtMs = 0;
    let lookAtMs = 0;
    signal.addEventListener('abort', () => this.#alarm.wake(), { once: true });
    while (!signal.aborted) {
      const nowMs = performance.now();
      if (nowMs >= lookAtMs) {
        this.#dirty = null;
        lookAtMs = nowMs + tickMs;
      }
      try {
        if (nowMs >= skipAtMs) {
          await this.#skipIdle();
          skipAtMs = nowMs + skipIdleMs;
        }
        for (const webhook of await this.#next()) {
          const turn = this.#deliver(webhook, signal).finally(() => turns.delete(turn));
          turns.add(turn);
        }
      } catch (error) {
        this.dependencies.onFault(error);
        // whatever was to be delivered is found by then
        await pause(tickMs, signal);
      }
      await this.#untilWoken(signal);
    }
    await Promise.all(turns);
    this.#isAnyEnabled = false;
  }

  async #untilWoken(signal: AbortSignal): Promise<void> {
    await pause(pauseMs, signal);
    if (signal.aborted || this.#dirty === null || this.#dirty.size > 0) return;
    const looksAgain = this.#isAnyEnabled || this.dependencies.isShared;
    await this.#alarm.sleep(looksAgain ? tickMs : undefined);
  }

  /** The webhooks that begin their turn now. */
  async #next(): Promise<Webhook[]> {
    const accountIds = this.#dirty && [...this.#dirty];
    this.#dirty = new Set();
    const { state, now } = this.dependencies;
    if (accountIds === null) {
      this.#isAnyEnabled = await state.read.webhooks.isAnyEnabled();
      if (!this.#isAnyEnabled) return [];
    } else if (accountIds.length === 0) return [];
    const [oldest] = await state.read.changes.oldest(1);
    if (!oldest) return [];
    const due = await state.read.webhooks.due({ now: now(), oldestSeq: oldest.seq, accountIds, limit: maxDue });
    const lastTurn = ({ id }: Webhook): number => this.#turns.get(id)?.number ?? 0;
    const chosen: Webhook[] = [];
    for (const webhook of due.toSorted((a, b) => lastTurn(a) - lastTurn(b))) {
      const { id, accountId } = webhook;
      if (this.#running.has(id)) continue;
      const isSlow = webhook.failedAttempts > 0 || this.#turns.get(id)?.wasSlow === true;
      if (this.#hasPlace(accountId, isSlow)) {
        this.#running.set(id, { accountId, isSlow });
        chosen.push(webhook);
      } else this.#waiting.add(accountId);
    }
    return chosen;
  }

  #hasPlace(accountId: AccountId, isSlow: boolean): boolean {
    const running = [...this.#running.values()];
    if (running.length >= maxRunning) return false;
    if (isSlow && running.filter((other) => other.isSlow).length >= maxSlow) return false;
    return running.filter((other) => other.accountId === accountId).length < maxRunningOfAccount;
  }

  async #deliver(webhook: Webhook, signal: AbortSignal): Promise<void> {
    const { id, accountId } = webhook;
    const endsAtMs = performance.now() + turnMs;
    try {
      await this.#deliverSome(webhook, endsAtMs, signal);
    } catch (error) {
      if (!signal.aborted) this.dependencies.onFault(error);
      await pause(faultPauseMs, signal);
    }
    this.#running.delete(id);
    this.#turn += 1;
    this.#turns.delete(id);
    this.#turns.set(id, { number: this.#turn, wasSlow: performance.now() > endsAtMs });
    if (this.#turns.size > 2 * maxDue) this.#turns = new Map([...this.#turns].slice(-maxDue));
    // it may have more to deliver, and others wait for its place
    for (const waiting of this.#waiting.add(accountId)) this.#dirty?.add(waiting);
    this.#waiting.clear();
    this.#alarm.wake();
  }

  async #deliverSome(first: Webhook, endsAtMs: number, signal: AbortSignal): Promise<void> {
    const { state } = this.dependencies;
    const messages = await this.#messagesFor(first);
    let webhook: Webhook | null = first;
    for (const { message, seq } of messages) {
      const attempt = await attemptDelivery(this.dependencies, webhook, message, signal);
      const progress = this.#progressOf(webhook, seq, attempt);
      const { delivery } = attempt;
      this.dependencies.meter.deliveryFinished(delivery.failure === null ? 'delivered' : 'failed');
      const before: Webhook = webhook;
      webhook = await state.write(async (writer) => {
        const after = await writer.webhooks.progress(before, progress);
        await writer.webhooks.logDelivery(before.id, delivery, this.dependencies.limits.webhookDeliveries);
        return after;
      });
      if (!webhook || delivery.failure !== null || performance.now() > endsAtMs) return;
    }
  }

  /** In order. If changes are gone from the journal that the webhook did not get, it is notified of that first. */
  async #messagesFor({ accountId, deliveredSeq }: Webhook): Promise<{ message: WebhookMessage; seq: number }[]> {
    const { state, changes, now } = this.dependencies;
    const entries = await state.read.changes.entries(accountId, deliveredSeq, turnLength);
    // after the read of the changes: what expired meanwhile was read, or is noticed
    const [oldest] = await state.read.changes.oldest(1);
    if (oldest && oldest.seq > deliveredSeq + 1) {
      const seq = oldest.seq - 1;
      return [{ message: missedMessage(accountId, { store: changes.store, seq }, now()), seq }];
    }
    return entries.map((entry) => ({ message: changeMessage(entry), seq: entry.seq }));
  }

  #progressOf(webhook: Webhook, seq: number, { delivery, retryAfterSeconds }: Attempt): DeliveryProgress {
    const { limits, retryMs, now } = this.dependencies;
    if (delivery.failure === null) {
      return { deliveredSeq: seq, failedAttempts: 0, failingSince: null, nextAttemptOn: null, disabledOn: null };
    }
    const failedOn = now();
    const failingSince = webhook.failingSince ?? delivery.attemptedOn;
    const failedAttempts = webhook.failedAttempts + 1;
    const endsOn = failingSince.getTime() + limits.webhookRetryHours * 3_600_000;
    // "410 Gone: the endpoint is no longer interested"
    const isOver = delivery.status === 410 || failedOn.getTime() >= endsOn;
    // at random, so that the webhooks of a receiver that was down do not come back all at once
    const waitMs = Math.max(retryMs(failedAttempts) * (1 + Math.random() / 10), (retryAfterSeconds ?? 0) * 1000);
    const nextAttemptOn = new Date(Math.min(failedOn.getTime() + waitMs, endsOn));
    return {
      deliveredSeq: webhook.deliveredSeq,
      failedAttempts,
      failingSince,
      nextAttemptOn: isOver ? null : nextAttemptOn,
      disabledOn: isOver ? failedOn : null,
    };
  }

  async #skipIdle(): Promise<void> {
    const { state } = this.dependencies;
    if (!(await state.read.webhooks.isAnyEnabled())) return;
    const headSeq = await state.read.changes.head();
    const [oldest] = await state.read.changes.oldest(1);
    if (oldest) await state.write((writer) => writer.webhooks.skipIdle(headSeq, oldest.seq));
  }
}
