import { Alarm } from '../../lib/alarm.js';
import { pause } from '../../lib/pause.js';
import { changedImagesAfter } from '../changes/changed-images.js';
import type { Commit } from '../changes/changes.js';
import { everyImageTag, imageTagOf } from '../delivery/cache-tags.js';
import type { State } from '../ports.js';
import type { MessageSender } from '../webhooks/webhook-ports.js';

/** The tags of one request: as many as Cloudflare accepts, and few enough for a header. */
const maxTags = 30;
/** If more changes than these wait, everything is purged at once. */
const maxBacklog = 10_000;
/** How long the CDN may take to respond. */
const purgeSeconds = 10;
/** How often the journal is looked at if other servers write too. */
const tickMs = 1_000;
/** Between a write and its purge: other servers hear of the write first, and further writes share the request. */
const gatherMs = 100;
/**
 * How long after a purge it is repeated. A server that had not heard of the change, or a response that was on its way, may have brought
 * the old bytes back.
 */
export const standardRepeatMs = 5_000;
/** 1 second after the first failure, then twice as long each time, at most a minute. */
export const standardPurgeRetryMs = (failedAttempts: number): number =>
  Math.min(1_000 * 2 ** (failedAttempts - 1), 60_000);
/** The longest `Retry-After` that is respected. */
const longestWaitMs = 600_000;

export interface PurgeDependencies {
  readonly state: State;
  readonly sender: MessageSender;
  readonly url: string;
  readonly headersOf: (tags: readonly string[]) => Readonly<Record<string, string>>;
  readonly repeatMs: number;
  readonly retryMs: (failedAttempts: number) => number;
  /** Whether other servers write too. */
  readonly isShared: boolean;
  readonly meter: { purgeFinished(outcome: 'purged' | 'failed'): void };
  readonly onFault: (error: unknown) => void;
}

/** The tags of all changes up to a number of the journal; none if only metal images changed. */
interface Batch {
  readonly tags: readonly string[];
  readonly through: number;
}

class PurgeFailedError extends Error {
  override readonly name = 'PurgeFailedError';
  constructor(
    failure: string,
    readonly retryAfterSeconds: number | null,
  ) {
    super(`The CDN was not purged: ${failure}.`);
  }
}

/**
 * Has a CDN drop what it keeps of images that changed: at least once for each change, and again a few seconds later. What was purged
 * twice is in the database, so another server, or this one after a crash, continues there. One server of an installation runs it at a
 * time.
 */
export class CdnPurges {
  #isDirty = true;
  readonly #alarm = new Alarm();
  #waitingSinceMs: number | undefined;

  constructor(private readonly dependencies: PurgeDependencies) {}

  /** How long the oldest change that this server has to purge has waited. */
  get pendingSeconds(): number {
    return this.#waitingSinceMs === undefined ? 0 : (performance.now() - this.#waitingSinceMs) / 1000;
  }

  /** Consumes a commit. */
  follow({ changes, isCertain }: Commit): void {
    if (isCertain && changes.length === 0) return;
    this.#isDirty = true;
    this.#alarm.wake();
  }

  /** Purges until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { retryMs, onFault } = this.dependencies;
    let failedAttempts = 0;
    const purges = new JournalPurges(this.dependencies);
    signal.addEventListener('abort', () => this.#alarm.wake(), { once: true });
    while (!signal.aborted) {
      await pause(gatherMs, signal);
      this.#isDirty = false;
      this.#waitingSinceMs ??= performance.now();
      try {
        const isDone = await purges.purgeSome(signal);
        failedAttempts = 0;
        if (isDone) {
          this.#waitingSinceMs = undefined;
          await this.#untilWoken(purges.repeatAtMs, signal);
        }
      } catch (error) {
        if (signal.aborted) break;
        onFault(error);
        failedAttempts += 1;
        const asked = error instanceof PurgeFailedError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
        await pause(Math.min(Math.max(retryMs(failedAttempts), asked), longestWaitMs), signal);
      }
    }
    this.#waitingSinceMs = undefined;
  }

  async #untilWoken(atMs: number, signal: AbortSignal): Promise<void> {
    if (this.#isDirty || signal.aborted) return;
    const waitMs = Math.min(atMs - performance.now(), this.dependencies.isShared ? tickMs : Number.POSITIVE_INFINITY);
    await this.#alarm.sleep(waitMs);
  }
}

/** One way through the journal, from where the database says that purges came to. */
class JournalPurges {
  /** Purged once up to here; undefined until it is read, null before the first purge. */
  #sentSeq: number | null | undefined;
  /** Purged once, oldest first. */
  readonly #sent: (Batch & { readonly repeatAtMs: number })[] = [];

  constructor(private readonly dependencies: PurgeDependencies) {}

  /** When there is something to repeat. */
  get repeatAtMs(): number {
    return this.#sent[0]?.repeatAtMs ?? Number.POSITIVE_INFINITY;
  }

  /** Resolves with whether there is nothing more to purge now. */
  async purgeSome(signal: AbortSignal): Promise<boolean> {
    const { state, repeatMs } = this.dependencies;
    if (this.#sentSeq === undefined) this.#sentSeq = await state.read.purgedSeq();
    const [oldest] = this.#sent;
    if (oldest && performance.now() >= oldest.repeatAtMs) {
      await this.#purge(oldest.tags, signal);
      await state.write((writer) => writer.setPurgedSeq(oldest.through));
      this.#sent.shift();
    }
    const batch = await this.#next(this.#sentSeq);
    if (!batch) return true;
    await this.#purge(batch.tags, signal);
    this.#sent.push({ ...batch, repeatAtMs: performance.now() + repeatMs });
    this.#sentSeq = batch.through;
    return false;
  }

  async #next(sentSeq: number | null): Promise<Batch | null> {
    const { changes } = this.dependencies.state.read;
    // before the changes are read, which are then all up to there
    const head = await changes.head();
    const everything: Batch = { tags: [everyImageTag], through: head };
    // what the CDN kept while nothing was purged is unknown
    if (sentSeq === null || head - sentSeq > maxBacklog) return everything;
    if (head <= sentSeq) return null;
    const { publicIds, through } = await changedImagesAfter(changes, sentSeq, { head, limit: maxTags });
    return publicIds ? { tags: Array.from(publicIds, imageTagOf), through } : everything;
  }

  async #purge(tags: readonly string[], signal: AbortSignal): Promise<void> {
    if (tags.length === 0) return;
    const { sender, url, headersOf, meter } = this.dependencies;
    const body = JSON.stringify({ tags });
    const outcome = await sender.post({ url, headers: headersOf(tags), body }, purgeSeconds, signal);
    meter.purgeFinished(outcome.failure === null ? 'purged' : 'failed');
    if (outcome.failure !== null) throw new PurgeFailedError(outcome.failure, outcome.retryAfterSeconds);
  }
}
