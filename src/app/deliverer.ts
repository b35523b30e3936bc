import { pause } from '../lib/pause.js';
import type { Adapters } from './open-adapters.js';

type State = Pick<Adapters['state'], 'once'>;
export type Duty = Parameters<State['once']>[0];

export interface JournalConsumer {
  /** Runs until its signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** How long a server waits before it tries again to become the one that delivers. */
const retryMs = 2_000;

/** Sends changes to whatever follows them from outside, on one server of the installation at a time. */
export class Deliverer {
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly state: State,
    private readonly duty: Duty,
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
      await this.state
        .once(this.duty, (lost) => this.consumer.run(AbortSignal.any([signal, lost])))
        .catch(this.onFault);
      await pause(retryMs, signal);
    }
  }
}
