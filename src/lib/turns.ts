/** Gives pieces of work that keep the event loop busy a round of it each, so that whatever else arrives is served in between. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn: at once unless another had the present round. */
  take(): Promise<void> {
    const turn = this.#last;
    this.#last = turn.then(nextRound);
    return turn;
  }
}

const nextRound = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
