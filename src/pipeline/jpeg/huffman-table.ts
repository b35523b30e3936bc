import { CorruptImageError } from '../../domain/errors.js';

/** Codes of at most this many bits are looked up at once. */
const lookupBits = 10;
const longestCode = 16;
const lookupShift = 32 - lookupBits;

/**
 * A code of a scan with all that its symbol implies, packed into a number: in the low 6 bits the bits of the code and of the value
 * behind it, in the next 7 by how many coefficients a sequential block advances, above those the symbol itself.
 */
type Step = number;
export const stepBits = (step: Step): number => step & 63;
export const stepAdvance = (step: Step): number => (step >>> 6) & 127;
export const stepSymbol = (step: Step): number => step >>> 13;

const endOfBlock = 64;

function stepOf(length: number, symbol: number): Step {
  const size = symbol & 15;
  const run = symbol >> 4;
  const advance = size === 0 && run !== 15 ? endOfBlock : run + 1;
  return (symbol << 13) | (advance << 6) | (length + size);
}

/** Decoders consume this much of what is no code, and go on as if it were the end of the block. */
const noCode = stepOf(longestCode + 1, 0);

/** As many bits are looked up at once for all codes that are in them. The tables of two components fit in a processor's first cache. */
const strideBits = 13;
export const strideShift = 32 - strideBits;

/**
 * All steps whose codes are in a stride, as one, without a symbol: in the low 5 bits the bits of the codes and values, above those by
 * how many coefficients a sequential block advances; 0 if the first code is longer than a stride.
 */
type Stride = number;
export const strideLength = (stride: Stride): number => stride & 31;
export const strideAdvance = (stride: Stride): number => stride >>> 5;

/** All codes of a stride but the last advance by at most this many coefficients. */
const longestStride = 16;
/** Below this coefficient no stride goes on into the next block. */
export const strideEnd = endOfBlock - longestStride;

/** The symbols of Huffman codes (ITU-T T.81, annex C). */
export class HuffmanTable {
  /** By the next bits: the step, or 0 if the code is longer. */
  readonly #lookup = new Int32Array(1 << lookupBits);
  /** By length: the first number, left-aligned in 16 bits, that is no code of at most that length. */
  readonly #ends = new Int32Array(longestCode + 1);
  /** By length: from a code to the index of its symbol. */
  readonly #offsets = new Int32Array(longestCode + 1);
  readonly #symbols: Uint8Array;
  #strides: Uint16Array | null = null;

  /**
   * @param definition How many codes there are of each length from 1 to 16, then their symbols.
   * @throws {CorruptImageError} if there are more codes of a length than can be
   */
  constructor(definition: Uint8Array) {
    this.#symbols = definition.subarray(longestCode);
    let code = 0;
    let index = 0;
    for (let length = 1; length <= longestCode; length++, code <<= 1) {
      const symbols = this.#symbols.subarray(index, index + (definition[length - 1] ?? 0));
      this.#offsets[length] = index - code;
      if (code + symbols.length > 1 << length) throw new CorruptImageError('its data is damaged');
      if (length <= lookupBits) this.#fill(code, length, symbols);
      index += symbols.length;
      code += symbols.length;
      this.#ends[length] = code << (longestCode - length);
    }
  }

  #fill(code: number, length: number, symbols: Uint8Array): void {
    const width = 1 << (lookupBits - length);
    for (const [index, symbol] of symbols.entries()) {
      const start = (code + index) * width;
      this.#lookup.fill(stepOf(length, symbol), start, start + width);
    }
  }

  /** The step that begins at a bit. */
  at(bits: DataView, position: number): Step {
    return this.#stepAt(bits.getUint32(position >>> 3) << (position & 7));
  }

  /** @param next 25 or more bits, left-aligned in 32. */
  #stepAt(next: number): Step {
    return this.#lookup[next >>> lookupShift] || this.#long(next >>> longestCode);
  }

  /** Strides by the next bits of a sequential block. */
  get strides(): Uint16Array {
    this.#strides ??= new Uint16Array(1 << strideBits).map((_, bits) => this.#strideOf(bits));
    return this.#strides;
  }

  #strideOf(bits: number): Stride {
    let length = 0;
    let advance = 0;
    while (length < strideBits && advance <= longestStride) {
      const step = this.#stepAt((bits << (strideShift + length)) >>> 0);
      if (length + stepBits(step) - (stepSymbol(step) & 15) > strideBits) break;
      length += stepBits(step);
      advance += stepAdvance(step);
    }
    return (advance << 5) | length;
  }

  #long(next: number): Step {
    for (let length = lookupBits + 1; length <= longestCode; length++) {
      if (next >= (this.#ends[length] ?? 0)) continue;
      const index = (next >> (longestCode - length)) + (this.#offsets[length] ?? 0);
      return stepOf(length, this.#symbols[index] ?? 0);
    }
    return noCode;
  }
}
