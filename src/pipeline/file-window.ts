import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { CorruptImageError } from '../domain/errors.js';

/** Reading as little at a time as a decoder does would cost a large file hundreds of turns of the thread pool. */
const windowBytes = 256 * 1024;

/**
 * Reads a file from start to end in large steps: one read serves every position within the window, so many small parts cost no more
 * than a few large ones, and the file is never in memory as a whole.
 */
export class FileWindow {
  readonly #source: FileHandle | Buffer;
  #buffer: Buffer;
  #start = 0;
  #length = 0;

  /** @param source An open file, or its bytes if they are in memory. */
  constructor(source: FileHandle | Uint8Array) {
    if (source instanceof Uint8Array) {
      this.#source = Buffer.from(source.buffer, source.byteOffset, source.length);
      this.#buffer = this.#source.subarray(0, windowBytes);
      this.#length = this.#buffer.length;
    } else {
      this.#source = source;
      this.#buffer = Buffer.alloc(windowBytes);
    }
  }

  /** The bytes of the whole file. */
  async size(): Promise<number> {
    return this.#source instanceof Uint8Array ? this.#source.length : (await this.#source.stat()).size;
  }

  /**
   * The part of the window from a position on: at least `minBytes` (at most a window) unless the file ends before. Valid until the
   * next call.
   */
  async from(position: number, minBytes: number): Promise<Buffer> {
    if (position < this.#start || position + minBytes > this.#start + this.#length) {
      this.#start = position;
      this.#length = await this.#move();
    }
    return this.#buffer.subarray(position - this.#start, this.#length);
  }

  /** Fills the window from its start on. Other work gets its turn: a crafted file may keep its reader busy for each of its bytes. */
  async #move(): Promise<number> {
    if (!(this.#source instanceof Uint8Array)) {
      return (await this.#source.read(this.#buffer, 0, windowBytes, this.#start)).bytesRead;
    }
    await setImmediate();
    this.#buffer = this.#source.subarray(this.#start, this.#start + windowBytes);
    return this.#buffer.length;
  }

  /** The bytes of a fixed part if the window has them already: thousands of small parts then need no turn of the event loop each. */
  peek(position: number, byteSize: number): Buffer | null {
    const start = position - this.#start;
    const isInside = start >= 0 && start + byteSize <= this.#length;
    return isInside ? this.#buffer.subarray(start, start + byteSize) : null;
  }

  /** The bytes of a fixed part. Valid until the next call. @throws {CorruptImageError} if the file ends before */
  async part(position: number, byteSize: number): Promise<Buffer> {
    const found = await this.from(position, byteSize);
    if (found.length < byteSize) throw new CorruptImageError('it ends too early');
    return found.subarray(0, byteSize);
  }

  /** A copy of the bytes from start to end. @throws {CorruptImageError} if the file ends before */
  async copy(start: number, end: number): Promise<Buffer> {
    const copied = Buffer.alloc(end - start);
    await this.fill(copied, start);
    return copied;
  }

  /** Overwrites all of the target with the bytes from a position on. @throws {CorruptImageError} if the file ends before */
  async fill(target: Buffer, position: number): Promise<void> {
    for (let length = 0; length < target.length; ) {
      const found = await this.from(position + length, 1);
      if (found.length === 0) throw new CorruptImageError('it ends too early');
      length += found.copy(target, length);
    }
  }
}
