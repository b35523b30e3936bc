const barWidth = 30;
/** Often enough to look alive, rarely enough to cost nothing. */
const barIntervalMs = 100;
const lineIntervalMs = 10_000;

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A progress bar on a terminal; elsewhere a plain line from time to time. */
export class Progress {
  #done = 0;
  #shownAt = 0;

  constructor(
    /** Null if it is not known before the end. */
    private readonly total: number | null,
    private readonly what: string,
    private readonly terminal: Terminal,
  ) {}

  step(count = 1): void {
    this.#done += count;
    const interval = this.terminal.isTTY ? barIntervalMs : lineIntervalMs;
    const now = performance.now();
    // the first line comes after an interval, the bar at once
    if (this.#shownAt === 0 && !this.terminal.isTTY) this.#shownAt = now;
    if (now - this.#shownAt < interval) return;
    this.#shownAt = now;
    this.terminal.write(this.terminal.isTTY ? `\r${this.#bar()}` : `${this.#counts()}\n`);
  }

  /** Removes the bar, so that a line can be printed in its place. */
  clear(): void {
    if (this.terminal.isTTY) this.terminal.write('\r\u001b[K');
    this.#shownAt = 0;
  }

  #counts(): string {
    const total = this.total === null ? '' : ` of ${Math.max(this.total, this.#done)}`;
    return `${this.#done}${total} ${this.what}`;
  }

  #bar(): string {
    if (this.total === null) return this.#counts();
    const filled = this.total === 0 ? barWidth : Math.min(barWidth, Math.floor((this.#done / this.total) * barWidth));
    return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}] ${this.#counts()}`;
  }
}
