import { pause } from '../lib/pause.js';
import type { Adapters } from './open-adapters.js';

export type Duty = Parameters<Adapters['state']['once']>[0];

export interface JournalConsumer {
  /** Runs until its signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Runs work while this server is the one to do it; its signal aborts when it no longer is. */
type WhileInCharge = (work: (lost: AbortSignal) => Promise<void>) => Promise<unknown>;

/** Work that each server of an installation does for itself. */
export const onEachServer: WhileInCharge = (work) => work(new AbortController().signal);

/** How long a server waits before it tries again to become the one that delivers. */
const retryMs = 2_000;

/** Runs what follows the journal, until the server stops. */
export class Deliverer {
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly whileInCharge: WhileInCharge,
    private readonly consumer: JournalConsumer,
    private readonly onFault: (error: unknown) => void,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when what is under way has come to its end, which is soon. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.whileInCharge((lost) => this.consumer.run(AbortSignal.any([signal, lost]))).catch(this.onFault);
      await pause(retryMs, signal);
    }
  }
}
