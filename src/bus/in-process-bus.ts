import type { ChangeBus, Commit } from '../domain/changes/changes.js';

/** The bus of a server that is alone on its database. */
export class InProcessBus implements ChangeBus {
  readonly #consumers: ((commit: Commit) => void)[] = [];

  /** @param onFailure Gets what a consumer threw. */
  constructor(private readonly onFailure: (error: unknown) => void) {}

  publish(commit: Commit): void {
    for (const consumer of this.#consumers) {
      try {
        consumer(commit);
      } catch (error) {
        // the write is committed: it must not be reported as failed, and the other consumers need it
        this.onFailure(error);
      }
    }
  }

  consume(consumer: (commit: Commit) => void): void {
    this.#consumers.push(consumer);
  }
}
