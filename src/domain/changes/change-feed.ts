import { CursorExpiredError, UnavailableError } from '../errors.js';
import type { AccountId } from '../images/image.js';
import {
  type Change,
  type ChangeCursor,
  type ChangeReader,
  type Commit,
  encodeChangeCursor,
  type ImageChange,
  type MetalImageChange,
} from './changes.js';
import { type Batch, JournalStream } from './journal-stream.js';

/** How many changes are kept in memory for those who are almost up to date. Each takes about 1 kB. */
const maxRecent = 1_000;
/** How many subscribers continue before other work has its turn. */
const atOnce = 50;

/**
 * Streams the journal to subscribers. The newest changes are in memory, so subscribers that keep up share them; one that is behind
 * reads the journal in batches, from its own position. So a slow subscriber costs no memory, and none misses a change.
 */
export class ChangeFeed {
  /** Consecutive, from `#recentAfter` on. */
  #recent: Change[] = [];
  #recentAfter: number;
  #isCurrent = true;
  #isBehind = false;
  #catchingUp: Promise<void> | undefined;
  #interruption: UnavailableError | undefined;
  readonly #streams = new Set<{ end(): void; fail(error: Error): void }>();
  readonly #waiting = new Set<{ wake(): void }>();
  #isWaking = false;
  readonly #reads = new Map<string, Promise<Batch<Change>>>();

  private constructor(
    readonly store: string,
    private readonly journal: ChangeReader,
    head: number,
  ) {
    this.#recentAfter = head;
  }

  static async open(store: string, journal: ChangeReader): Promise<ChangeFeed> {
    return new ChangeFeed(store, journal, await journal.head());
  }

  /** How many subscriptions are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** The position of the newest change. */
  get head(): ChangeCursor {
    return { store: this.store, seq: this.#recentAfter + this.#recent.length };
  }

  /** Consumes a commit. */
  follow({ changes, isCertain }: Commit): void {
    if (!isCertain) this.#catchUp();
    const [first] = changes;
    // of two commits of one server, the later one may be reported first: the journal had both by then
    if (!first || first.seq <= this.head.seq) return;
    // what came between is in the journal, where streams find it
    if (!this.#isCurrent || first.seq !== this.head.seq + 1) {
      this.#recent = [];
      this.#recentAfter = first.seq - 1;
      this.#isCurrent = true;
    }
    this.#recent.push(...changes);
    const excess = this.#recent.length - maxRecent;
    // in larger steps than one, as each moves all others
    if (excess > maxRecent / 4) {
      this.#recent.splice(0, excess);
      this.#recentAfter += excess;
    }
    this.#wake();
  }

  /**
   * The first item of a cursor of another database, or from after the newest change, is a {@link CursorExpiredError}.
   * @throws {UnavailableError} while changes of other servers are not heard of.
   */
  images(accountId: AccountId, after?: ChangeCursor): AsyncIterableIterator<ImageChange> {
    return this.#open<ImageChange>(after, `image:${accountId}`, {
      isWanted: (change): change is ImageChange => change.of === 'image' && change.accountId === accountId,
      read: (seq, limit) => this.journal.images(accountId, seq, limit),
    });
  }

  /** @see images */
  metalImages(after?: ChangeCursor): AsyncIterableIterator<MetalImageChange> {
    return this.#open<MetalImageChange>(after, 'metalImage', {
      isWanted: (change): change is MetalImageChange => change.of === 'metalImage',
      read: (seq, limit) => this.journal.metalImages(seq, limit),
    });
  }

  /** @throws {CursorExpiredError} */
  async checkCursor({ store, seq }: ChangeCursor): Promise<void> {
    // another server may have committed what is not heard of yet
    if (store === this.store && seq > this.head.seq) this.#advance(await this.journal.head());
    // a database restored from a backup has a head before the cursors of its clients
    if (store !== this.store || seq > this.head.seq) throw this.#expired();
  }

  /** @throws {CursorExpiredError} if changes after the position may be gone. Call it after they were read. */
  async checkRetained(seq: number): Promise<void> {
    const [oldest] = await this.journal.oldest(1);
    if (oldest && oldest.seq > seq + 1) throw this.#expired();
  }

  /** Ends every subscription with an error, and refuses others until {@link resume}: changes of other servers are not heard of. */
  interrupt(): void {
    this.#interruption = new UnavailableError(
      'Changes are temporarily unavailable. Subscribe again after the cursor of the last change that you have.',
      1,
    );
    for (const stream of [...this.#streams]) stream.fail(this.#interruption);
  }

  resume(): void {
    this.#interruption = undefined;
    this.#catchUp();
  }

  /** Ends every subscription. */
  close(): void {
    for (const stream of [...this.#streams]) stream.end();
  }

  #expired(): CursorExpiredError {
    return new CursorExpiredError(encodeChangeCursor(this.head));
  }

  #open<Item extends Change>(
    after: ChangeCursor | undefined,
    key: string,
    source: {
      readonly isWanted: (change: Change) => change is Item;
      readonly read: (after: number, limit: number) => Promise<Item[]>;
    },
  ): AsyncIterableIterator<Item> {
    if (this.#interruption) throw this.#interruption;
    const stream: JournalStream<Item> = new JournalStream<Item>((after ?? this.head).seq, {
      begin: async () => {
        if (after) await this.checkCursor(after);
      },
      isWanted: source.isWanted,
      recent: (seq) => this.#recentAt(seq),
      read: (seq, limit) => this.#readShared(`${key}:${seq}`, seq, () => source.read(seq, limit)),
      onWait: () => this.#waiting.add(stream),
      onEnd: () => {
        this.#waiting.delete(stream);
        this.#streams.delete(stream);
      },
    });
    this.#streams.add(stream);
    return stream;
  }

  #recentAt(seq: number): Change | null | undefined {
    const index = seq - this.#recentAfter;
    return index < 0 ? undefined : (this.#recent[index] ?? null);
  }

  /** Subscribers at the same position share what is read, and with it the results of their documents. */
  #readShared<Item extends Change>(key: string, seq: number, read: () => Promise<Item[]>): Promise<Batch<Item>> {
    const running = this.#reads.get(key) as Promise<Batch<Item>> | undefined;
    if (running) return running;
    const readBatch = async (): Promise<Batch<Item>> => {
      // before the read, which finds all that is committed by now
      const through = this.head.seq;
      const items = await read();
      await this.checkRetained(seq);
      return { items, through };
    };
    const reading = readBatch().finally(() => this.#reads.delete(key));
    this.#reads.set(key, reading);
    return reading;
  }

  /** After a commit of another server, or a failure that may have come after the commit: the journal knows. */
  #catchUp(): void {
    this.#isCurrent = false;
    this.#isBehind = true;
    this.#catchingUp ??= this.#readHead().finally(() => {
      this.#catchingUp = undefined;
    });
  }

  async #readHead(): Promise<void> {
    while (this.#isBehind) {
      this.#isBehind = false;
      const head = await this.journal.head().catch(() => undefined);
      // the next commit leads back to the journal if this cannot
      if (head === undefined) return;
      this.#isCurrent ||= !this.#isBehind;
      this.#advance(head);
    }
  }

  /** What is before the head and not in memory is in the journal. */
  #advance(head: number): void {
    if (head <= this.head.seq) return;
    this.#recent = [];
    this.#recentAfter = head;
    this.#wake();
  }

  #wake(): void {
    if (this.#isWaking) return;
    for (const stream of [...this.#waiting].slice(0, atOnce)) {
      this.#waiting.delete(stream);
      stream.wake();
    }
    this.#isWaking = this.#waiting.size > 0;
    if (!this.#isWaking) return;
    setImmediate(() => {
      this.#isWaking = false;
      this.#wake();
    });
  }
}
