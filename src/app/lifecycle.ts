type Close = () => void | Promise<void>;

/** What a server has opened, closed in the opposite order: by a stop, or by a start that fails on the way. */
export class Lifecycle {
  readonly #closers: Close[] = [];
  #closing: Promise<void> | undefined;

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Call it as soon as there is something to close, before the next step that can fail. */
  onClose(close: Close): void {
    this.#closers.push(close);
  }

  /** Runs a step of the start. If it fails, everything that was opened is closed before its error is thrown. */
  async orClose<Result>(step: () => Promise<Result>): Promise<Result> {
    try {
      return await step();
    } catch (error) {
      // the reason for the failed start matters more than what went wrong while it was cleaned up
      await this.close().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Closes everything once, however often it is called. One that fails keeps no other from being closed.
   * @throws {AggregateError} if any failed.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, `Not everything was closed: ${errors.map(String).join('; ')}`);
  }
}
