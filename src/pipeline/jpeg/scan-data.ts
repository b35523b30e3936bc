import { setImmediate } from 'node:timers/promises';
import type { FileWindow } from '../file-window.js';

/** As much as is read at a time, so that other work waits for milliseconds only. */
const pieceBytes = 32 * 1024;
/** More than a unit can have: ten blocks, each of 64 codes of 17 bits and values of 15. */
const unitBytes = 10 * 64 * 4;

/** Whether one of four bytes is 0xff: it is the only one that carries a bit into its own highest one, if each gets 1. */
const hasMarkerByte = (four: number): boolean => ((~four - 0x01010101) & four & 0x80808080) !== 0;

const isRestart = (code: number): boolean => code >= 0xd0 && code <= 0xd7;

/** The data of a scan, piece by piece, without the zeros that follow each 0xff in the file. */
export class ScanData {
  readonly #window: FileWindow;
  #filePosition: number;
  readonly #bytes = new Uint8Array(pieceBytes + 2 * unitBytes);
  #length = 0;
  #loaded: DataView = new DataView(new ArrayBuffer(0));
  #taken = 0;
  /** The marker at {@link #filePosition}, 0 for the end of the file; null if data follow. */
  #marker: number | null = null;

  /** The bits of the piece. What follows the last has no meaning: who reads it has read too much anyway. */
  readonly bits = new DataView(this.#bytes.buffer);
  /** The bit that comes next. */
  position = 0;

  constructor(window: FileWindow, start: number) {
    this.#window = window;
    this.#filePosition = start;
  }

  /** Up to here a unit may begin: all of it is in the piece, or else the data end. */
  get limit(): number {
    return 8 * (this.#marker === null ? this.#length - unitBytes : this.#length);
  }

  /** Whether everything up to a marker is in the piece. */
  get isLast(): boolean {
    return this.#marker !== null;
  }

  /** Whether more was read than there is. */
  get isOverrun(): boolean {
    return this.position > 8 * this.#length;
  }

  /** Drops what was consumed and appends what was loaded. @returns whether the piece is full; if not, {@link load} more */
  advance(): boolean {
    const start = this.position >>> 3;
    if (start > 0) {
      this.#bytes.copyWithin(0, start, this.#length);
      this.#length = Math.max(0, this.#length - start);
      this.position &= 7;
    }
    if (this.#marker === null) this.#take();
    return this.#marker !== null || this.#length >= pieceBytes;
  }

  /** Loads a piece of the file. Other work gets its turn in between. */
  async load(): Promise<void> {
    await setImmediate();
    const found = await this.#window.from(this.#filePosition, 2);
    this.#loaded = new DataView(found.buffer, found.byteOffset, Math.min(found.length, pieceBytes));
    this.#taken = 0;
    if (found.length < 2) this.#marker = 0;
  }

  /** Consumes data up to the next marker, or until the piece is full. */
  #take(): void {
    const { bits } = this;
    const loaded = this.#loaded;
    const end = loaded.byteLength;
    let length = this.#length;
    let at = this.#taken;
    while (length < pieceBytes && at < end) {
      if (at + 4 <= end) {
        const four = loaded.getInt32(at);
        if (!hasMarkerByte(four)) {
          bits.setInt32(length, four);
          length += 4;
          at += 4;
          continue;
        }
      }
      const byte = loaded.getUint8(at);
      if (byte === 0xff) {
        if (at + 1 === end) break;
        const code = loaded.getUint8(at + 1);
        // any number of 0xff may come before a marker, or before the zero
        if (code === 0xff) {
          at += 1;
          continue;
        }
        if (code !== 0) {
          this.#marker = code;
          break;
        }
        at += 1;
      }
      bits.setUint8(length++, byte);
      at += 1;
    }
    this.#length = length;
    this.#filePosition += at - this.#taken;
    this.#taken = at;
  }

  /** Drops everything up to the next marker. @returns whether it is there; if not, {@link load} more */
  skipToMarker(): boolean {
    do this.position = 8 * this.#length;
    while (this.advance() && !this.isLast);
    this.position = 8 * this.#length;
    return this.isLast;
  }

  /** Goes behind the marker if it is one of a restart (ITU-T T.81, E.2.4). */
  passRestart(): boolean {
    if (!isRestart(this.#marker ?? 0)) return false;
    this.#marker = null;
    this.#filePosition += 2;
    this.#taken += 2;
    return true;
  }
}
