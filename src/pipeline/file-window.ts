import type { FileHandle } from 'node:fs/promises';

/** What a decoder reads at once would cost a large file hundreds of turns of the thread pool. */
const windowBytes = 256 * 1024;

/**
 * The segments or chunks of a file at most. The decoders keep what is in each: three million empty ones, which are 12 MB, cost them
 * more than a gigabyte.
 */
export const maxParts = 20_000;

/**
 * Reads a file in passing: one read serves every position within the window, so that many small parts cost no more than a few
 * large ones, and no file is held as a whole.
 */
export class FileWindow {
  readonly #file: FileHandle;
  readonly #buffer = Buffer.alloc(windowBytes);
  #start = 0;
  #length = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** What the window has from a position on, at least `minBytes` unless the file ends before. It is valid until the next call. */
  async from(position: number, minBytes: number): Promise<Buffer> {
    if (position < this.#start || position + minBytes > this.#start + this.#length) {
      this.#start = position;
      this.#length = (await this.#file.read(this.#buffer, 0, windowBytes, position)).bytesRead;
    }
    return this.#buffer.subarray(position - this.#start, this.#length);
  }
}
