/** The client of work that nobody waits for: a queue does it while it has nothing else to do. No other client has this name. */
export const nobody = 'nobody';

/** The clients that want one work done. They join and leave while it waits or runs; when the last has left, nobody wants it any more. */
export class Demand {
  /** How often each client wants it. */
  readonly #clients = new Map<string, number>();
  readonly #abandonment = new AbortController();
  #listener: (() => void) | undefined;

  /** Of one client alone, which may leave by its signal. */
  static of(client: string, signal?: AbortSignal): Demand {
    const demand = new Demand();
    demand.join(client);
    if (signal?.aborted) demand.leave(client, signal.reason);
    else signal?.addEventListener('abort', () => demand.leave(client, signal.reason), { once: true });
    return demand;
  }

  /** Aborted when the last client has left. */
  get abandoned(): AbortSignal {
    return this.#abandonment.signal;
  }

  get clients(): ReadonlySet<string> {
    return new Set(this.#clients.keys());
  }

  join(client: string): void {
    this.#clients.set(client, (this.#clients.get(client) ?? 0) + 1);
    this.#listener?.();
  }

  leave(client: string, reason?: unknown): void {
    const left = (this.#clients.get(client) ?? 0) - 1;
    if (left > 0) this.#clients.set(client, left);
    else this.#clients.delete(client);
    if (this.#clients.size === 0) this.#abandonment.abort(reason);
    else this.#listener?.();
  }

  /** Has the listener called whenever the clients change; undefined ends that. */
  watch(listener: (() => void) | undefined): void {
    this.#listener = listener;
  }
}
