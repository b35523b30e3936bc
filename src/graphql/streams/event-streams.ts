import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import type { Limits } from '../../domain/limits.js';
import { isStream, type StreamItems, streamItems, writeSlowly } from './stream-items.js';

type Bounds = Pick<Limits, 'eventStreamsPerClient' | 'eventStreamOperations'>;

/** A stream that nobody opens in this time is given up, so that reservations cannot pile up. */
const openWithinMs = 30_000;
const pingMs = 12_000;

/** One connection that carries the results of many operations, by graphql-sse's protocol. */
export class EventStream {
  readonly output = new PassThrough();
  /** Each operation by its id; null while it starts. */
  readonly #operations = new Map<string, StreamItems | null>();
  #pings: NodeJS.Timeout | undefined;

  constructor(
    /** The key or the address that the stream belongs to. */
    readonly owner: string,
    private readonly bounds: Bounds,
  ) {}

  get isOpen(): boolean {
    return this.#pings !== undefined;
  }

  get isFull(): boolean {
    return this.#operations.size >= this.bounds.eventStreamOperations;
  }

  has(operationId: string): boolean {
    return this.#operations.has(operationId);
  }

  open(): void {
    this.output.write(':\n\n');
    this.#pings = setInterval(() => this.output.writableNeedDrain || this.output.write(':\n\n'), pingMs).unref();
  }

  /** Runs an operation and sends its results in the background. Resolves with a response that is no stream, such as a refusal. */
  async start(operationId: string, run: () => Promise<Response>): Promise<Response | undefined> {
    this.#operations.set(operationId, null);
    const response = await run().catch((error: unknown) => {
      this.#operations.delete(operationId);
      throw error;
    });
    if (!isStream(response)) {
      this.#operations.delete(operationId);
      return response;
    }
    const items = streamItems(response);
    // the client may have left, or stopped the operation, while it started
    if (this.#operations.get(operationId) !== null) await items.cancel();
    else {
      this.#operations.set(operationId, items);
      void this.#send(operationId, items);
    }
    return undefined;
  }

  stop(operationId: string): void {
    const items = this.#operations.get(operationId);
    this.#operations.delete(operationId);
    void items?.cancel();
  }

  close(): void {
    clearInterval(this.#pings);
    for (const operationId of [...this.#operations.keys()]) this.stop(operationId);
    this.output.end();
  }

  async #send(operationId: string, items: StreamItems): Promise<void> {
    const id = JSON.stringify(operationId);
    try {
      for await (const item of items) {
        if (item.kind === 'result')
          await writeSlowly(this.output, `event: next\ndata: {"id":${id},"payload":${item.text}}\n\n`);
      }
    } catch {
      // the client sees by the event below that nothing more comes
    }
    if (this.#operations.get(operationId) !== items) return;
    this.#operations.delete(operationId);
    await writeSlowly(this.output, `event: complete\ndata: {"id":${id}}\n\n`);
  }
}

/** The streams that are reserved or open, by their tokens. */
export class EventStreams {
  readonly #streams = new Map<string, EventStream>();

  constructor(private readonly bounds: Bounds) {}

  /** A token for a new stream, or undefined if its owner has as many as it may have. */
  reserve(owner: string): string | undefined {
    const own = Array.from(this.#streams.values()).filter((stream) => stream.owner === owner);
    if (own.length >= this.bounds.eventStreamsPerClient) return undefined;
    const token = randomBytes(24).toString('base64url');
    const stream = new EventStream(owner, this.bounds);
    this.#streams.set(token, stream);
    stream.output.once('close', () => this.#remove(token));
    setTimeout(() => stream.isOpen || this.#remove(token), openWithinMs).unref();
    return token;
  }

  find(token: string | undefined): EventStream | undefined {
    return token === undefined ? undefined : this.#streams.get(token);
  }

  closeAll(): void {
    for (const token of [...this.#streams.keys()]) this.#remove(token);
  }

  #remove(token: string): void {
    this.#streams.get(token)?.close();
    this.#streams.delete(token);
  }
}
