const everyMs = 100;
const maxLength = 64 * 1024;

/** Hands lines on many at once, ten times a second or when there are 64 KiB of them: what is written for each line is the dear part. */
export class GatheredLines {
  #lines = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly target: { write(lines: string): unknown }) {}

  write(line: string): void {
    this.#lines += line;
    if (this.#lines.length >= maxLength) this.flushSync();
    else this.#timer ??= setTimeout(() => this.flushSync(), everyMs).unref();
  }

  /** Hands on what waits. The name is what pino calls before the process ends by a fatal error. */
  flushSync(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines;
    this.#lines = '';
    if (lines) this.target.write(lines);
  }
}
