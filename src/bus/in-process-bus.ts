import type { ChangeBus, Commit } from '../domain/changes/changes.js';

/** The bus of a server that is alone on its database. */
export class InProcessBus implements ChangeBus {
  readonly #consumers: ((commit: Commit) => void)[] = [];

  publish(commit: Commit): void {
    const errors: unknown[] = [];
    for (const consumer of this.#consumers) {
      try {
        consumer(commit);
      } catch (error) {
        // one that fails must not leave the caches of the others stale
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Consumers of changes failed.');
  }

  consume(consumer: (commit: Commit) => void): void {
    this.#consumers.push(consumer);
  }
}
