import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { KeyedMutex } from '../../lib/keyed-mutex.js';
import { pause } from '../../lib/pause.js';
import type { HeardEvents } from '../database.js';
import { StartRefusedError } from '../start-refused-error.js';
import { connectDirectly } from './connect-directly.js';
import type { PostgresqlLocation } from './location.js';
import { changeChannel, parseNotice } from './notices.js';
import { tryLockAsServer } from './server-lock.js';

const pingMs = 1_000;
/** Without a sign of life for this long, other servers may have written without notice. */
const silenceMs = 2_000;
const longestPauseMs = 1_000;

type Query = (sql: string, values?: readonly unknown[]) => Promise<pg.QueryResult>;

/** A connection runs one statement at a time, and `pg` leaves waiting to its caller: duties and probes share this one. */
const inTurn = (client: pg.Client): Query => {
  const line = new KeyedMutex();
  return (sql, values = []) => line.run('connection', () => client.query(sql, [...values]));
};

/** Hears of what other servers commit, on a connection of its own, and knows whether it does: it probes the connection each second. */
export class ChangeListener {
  #client: pg.Client | undefined;
  #query: Query | undefined;
  #connection = new AbortController();
  #provenAtMs = Number.NEGATIVE_INFINITY;
  #isLost = true;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  private constructor(
    private readonly location: PostgresqlLocation,
    private readonly serverId: string,
    private readonly events: HeardEvents,
  ) {}

  /** @throws {StartRefusedError} {@link DatabaseUnavailableError} */
  static async open(location: PostgresqlLocation, serverId: string, events: HeardEvents): Promise<ChangeListener> {
    const listener = new ChangeListener(location, serverId, events);
    await listener.#connect();
    listener.#running = listener.#run();
    return listener;
  }

  /** Whether every write of another server was heard of until {@link silenceMs} ago at most. */
  get isLive(): boolean {
    return !this.#isLost && performance.now() - this.#provenAtMs < silenceMs;
  }

  /** Runs work unless another server does so now. The lock ends with the connection, and with it the signal aborts. */
  async once(lock: number, work: (lost: AbortSignal) => Promise<void>): Promise<void> {
    const query = this.#query;
    const { signal } = this.#connection;
    if (!query) return;
    const { rows } = await query('SELECT pg_try_advisory_lock($1) AS "isFree"', [lock]);
    if (!rows[0].isFree) return;
    try {
      await work(signal);
    } finally {
      await query('SELECT pg_advisory_unlock($1)', [lock]).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#drop();
    await this.#running;
  }

  async #connect(): Promise<void> {
    const client = await connectDirectly(this.location);
    client.on('notification', ({ payload = '' }) => {
      const { serverId, writtenImages } = parseNotice(payload);
      if (serverId !== this.serverId) this.events.onNotice(writtenImages);
    });
    if (!(await tryLockAsServer(client))) {
      await client.end();
      throw new StartRefusedError('A tool has the database for itself. Start again when it is done.');
    }
    await client.query(`LISTEN "${changeChannel}"`);
    this.#client = client;
    this.#query = inTurn(client);
    this.#connection = new AbortController();
    this.#provenAtMs = performance.now();
    this.#isLost = false;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await pause(pingMs, signal);
      if (signal.aborted) return;
      try {
        await this.#ping();
      } catch (error) {
        this.#isLost = true;
        this.#drop();
        if (!signal.aborted) {
          this.events.onLost(error);
          await this.#reconnect();
        }
      }
    }
  }

  /** The response proves that everything committed before the query has been heard of. */
  async #ping(): Promise<void> {
    const askedAtMs = performance.now();
    const remainingMs = Math.max(1, this.#provenAtMs + silenceMs - askedAtMs);
    const silence = new AbortController();
    try {
      await Promise.race([
        this.#query?.('SELECT 1'),
        sleep(remainingMs, undefined, { signal: silence.signal }).then(() => {
          throw new Error(`The connection that listens to changes was silent for ${silenceMs} ms.`);
        }),
      ]);
      this.#provenAtMs = askedAtMs;
    } finally {
      silence.abort();
    }
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#closing;
    for (let pauseMs = 50; !signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        await this.#connect();
        if (signal.aborted) this.#drop();
        else this.events.onLive();
        return;
      } catch {
        await pause(pauseMs, signal);
      }
    }
  }

  /** Without waiting: the other end may never respond. */
  #drop(): void {
    this.#client?.end().catch(() => undefined);
    this.#client = undefined;
    this.#query = undefined;
    this.#connection.abort();
  }
}
