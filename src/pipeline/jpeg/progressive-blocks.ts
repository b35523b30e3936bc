import type { BlockReader } from './block-reader.js';
import { type HuffmanTable, stepBits, stepSymbol } from './huffman-table.js';

/** Ends the band of this block and of more, unless it is a run of 16 zeros. */
const isEndOfBand = (symbol: number): boolean => (symbol & 15) === 0 && symbol !== 0xf0;

const bitsAt = (bits: DataView, position: number, count: number): number =>
  count === 0 ? 0 : (bits.getUint32(position >>> 3) << (position & 7)) >>> (32 - count);

function bitCount(word: number): number {
  let count = word - ((word >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return (((count + (count >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** Which coefficients of a component's blocks are not zero, 32 a word. Refinements have a bit for each of them. */
export class NonZero {
  readonly low: Int32Array;
  readonly high: Int32Array;
  constructor(blocks: number) {
    this.low = new Int32Array(blocks);
    this.high = new Int32Array(blocks);
  }
  add(block: number, low: number, high: number): void {
    this.low[block] = (this.low[block] ?? 0) | low;
    this.high[block] = (this.high[block] ?? 0) | high;
  }
}

/** The first bits of DC values (ITU-T T.81, G.1.2.1), by the tables of each block of a unit. */
export class DcFirst implements BlockReader {
  readonly #tables: readonly HuffmanTable[];
  done = 0;
  constructor(tables: readonly HuffmanTable[]) {
    this.#tables = tables;
  }
  restart(): void {
    // what a restart resets are the predictions of values
  }
  read(bits: DataView, start: number, limit: number, end: number): number {
    let position = start;
    for (; this.done < end && position <= limit; this.done++) {
      for (const table of this.#tables) position += stepBits(table.at(bits, position));
    }
    return position;
  }
}

/** One more bit of each DC value. */
export class DcRefinement implements BlockReader {
  readonly #blocksPerUnit: number;
  done = 0;
  constructor(blocksPerUnit: number) {
    this.#blocksPerUnit = blocksPerUnit;
  }
  restart(): void {
    // nothing goes from one unit to the next
  }
  read(_bits: DataView, start: number, limit: number, end: number): number {
    const fitting = Math.max(0, Math.floor((limit - start) / this.#blocksPerUnit) + 1);
    const units = Math.min(end - this.done, fitting);
    this.done += units;
    return start + units * this.#blocksPerUnit;
  }
}

interface Band {
  readonly from: number;
  readonly to: number;
}

/** The coefficients of a band among the 32 from one on. */
function maskOf({ from, to }: Band, first: number): number {
  const [start, end] = [Math.max(0, from - first), Math.min(31, to - first)];
  return start > end ? 0 : (-1 << start) & (-1 >>> (31 - end));
}

/** The first bits of the coefficients of a band (ITU-T T.81, G.1.2.2). */
export class AcFirst implements BlockReader {
  readonly #table: HuffmanTable;
  readonly #band: Band;
  readonly #nonZero: NonZero;
  /** The blocks to come whose band is empty. */
  #endRun = 0;
  done = 0;

  constructor(table: HuffmanTable, band: Band, nonZero: NonZero) {
    this.#table = table;
    this.#band = band;
    this.#nonZero = nonZero;
  }

  restart(): void {
    this.#endRun = 0;
  }

  read(bits: DataView, start: number, limit: number, end: number): number {
    let position = start;
    while (this.done < end) {
      const skipped = Math.min(this.#endRun, end - this.done);
      this.#endRun -= skipped;
      this.done += skipped;
      if (position > limit || this.done === end) break;
      position = this.#block(bits, position);
      this.done += 1;
    }
    return position;
  }

  #block(bits: DataView, start: number): number {
    const { from, to } = this.#band;
    const table = this.#table;
    let position = start;
    let low = 0;
    let high = 0;
    for (let at = from; at <= to; at++) {
      const step = table.at(bits, position);
      const symbol = stepSymbol(step);
      position += stepBits(step);
      if (isEndOfBand(symbol)) {
        const size = symbol >> 4;
        this.#endRun = (1 << size) - 1 + bitsAt(bits, position, size);
        position += size;
        break;
      }
      at += symbol >> 4;
      if (symbol === 0xf0) continue;
      if (at < 32) low |= 1 << at;
      // what goes beyond a block is treated as its last coefficient
      else high |= 1 << Math.min(at - 32, 31);
    }
    this.#nonZero.add(this.done, low, high);
    return position;
  }
}

/** One more bit of the coefficients of a band, and those that become non-zero by it (ITU-T T.81, G.1.2.3). */
export class AcRefinement implements BlockReader {
  readonly #table: HuffmanTable;
  readonly #band: Band;
  readonly #nonZero: NonZero;
  readonly #mask: { readonly low: number; readonly high: number };
  #endRun = 0;
  done = 0;

  constructor(table: HuffmanTable, band: Band, nonZero: NonZero) {
    this.#table = table;
    this.#band = band;
    this.#nonZero = nonZero;
    this.#mask = { low: maskOf(band, 0), high: maskOf(band, 32) };
  }

  restart(): void {
    this.#endRun = 0;
  }

  read(bits: DataView, start: number, limit: number, end: number): number {
    let position = start;
    for (; this.done < end && position <= limit; this.done++) {
      if (this.#endRun === 0) position = this.#block(bits, position);
      else {
        this.#endRun -= 1;
        position += this.#knownIn(this.done);
      }
    }
    return position;
  }

  /** A bit for each coefficient that is known. */
  #knownIn(block: number): number {
    return (
      bitCount((this.#nonZero.low[block] ?? 0) & this.#mask.low) +
      bitCount((this.#nonZero.high[block] ?? 0) & this.#mask.high)
    );
  }

  /** A code says how many zeros come before a new coefficient; between them are the bits of the known ones. */
  #block(bits: DataView, start: number): number {
    const { to } = this.#band;
    const table = this.#table;
    const knownLow = (this.#nonZero.low[this.done] ?? 0) & this.#mask.low;
    const knownHigh = (this.#nonZero.high[this.done] ?? 0) & this.#mask.high;
    const inLow = bitCount(knownLow);
    const known = inLow + bitCount(knownHigh);
    let zerosLow = ~knownLow & this.#mask.low;
    let zerosHigh = ~knownHigh & this.#mask.high;
    let [newLow, newHigh] = [0, 0];
    let position = start;
    let passed = 0;
    for (let at = -1; at < to; ) {
      const step = table.at(bits, position);
      const symbol = stepSymbol(step);
      const size = symbol & 15;
      // whatever its size is, a new coefficient has one bit: its sign
      position += stepBits(step) - size + (size === 0 ? 0 : 1);
      if (isEndOfBand(symbol)) {
        const runSize = symbol >> 4;
        this.#endRun = (1 << runSize) - 1 + bitsAt(bits, position, runSize);
        position += runSize;
        break;
      }
      let zeros = symbol >> 4;
      const countLow = bitCount(zerosLow);
      const isLow = zeros < countLow;
      if (!isLow) zeros -= countLow;
      let rest = isLow ? zerosLow : zerosHigh;
      while (zeros-- > 0) rest &= rest - 1;
      const found = rest & -rest;
      zerosLow = isLow ? rest ^ found : 0;
      if (!isLow) zerosHigh = rest ^ found;
      at = found === 0 ? to + 1 : (isLow ? 31 : 63) - Math.clz32(found);
      let before = known;
      if (found !== 0) before = isLow ? bitCount(knownLow & (found - 1)) : inLow + bitCount(knownHigh & (found - 1));
      position += before - passed;
      passed = before;
      if (size === 0) continue;
      // without enough zeros, decoders set the one behind the band
      if (isLow) newLow |= found;
      else if (found !== 0) newHigh |= found;
      else if (to + 1 < 32) newLow |= 1 << (to + 1);
      else newHigh |= 1 << Math.min(to + 1 - 32, 31);
    }
    this.#nonZero.add(this.done, newLow, newHigh);
    return position + known - passed;
  }
}
