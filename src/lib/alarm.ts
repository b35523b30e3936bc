/** Wakes a loop that has nothing to do: one that waits is woken, and if none waits, nothing happens. */
export class Alarm {
  #wake: (() => void) | undefined;

  wake(): void {
    this.#wake?.();
  }

  /**
   * Resolves when it is woken.
   * @param ms After which it resolves anyway; no such time if it is not finite.
   */
  async sleep(ms = Number.POSITIVE_INFINITY): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(resolve, Math.max(0, ms)) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
