import type { BlockReader } from './block-reader.js';
import {
  type HuffmanTable,
  stepAdvance,
  stepBits,
  strideAdvance,
  strideEnd,
  strideLength,
  strideShift,
} from './huffman-table.js';

const blockCoefficients = 64;

export interface BlockTables {
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

/** The blocks of a sequential scan (ITU-T T.81, F.2.2). Decoders ignore which coefficients its header says that it has. */
export class SequentialBlocks implements BlockReader {
  readonly #tables: readonly BlockTables[];
  done = 0;

  /** @param tables Those of each block of a unit. */
  constructor(tables: readonly BlockTables[]) {
    this.#tables = tables;
  }

  restart(): void {
    // what a restart resets are the predictions of values
  }

  read(bits: DataView, start: number, limit: number, end: number): number {
    const tables = this.#tables;
    let position = start;
    let { done } = this;
    while (done < end && position <= limit) {
      for (const { dc, ac } of tables) {
        position += stepBits(dc.at(bits, position));
        const { strides } = ac;
        let coefficient = 1;
        while (coefficient < strideEnd) {
          const next = bits.getUint32(position >>> 3) << (position & 7);
          const stride = strides[next >>> strideShift] ?? 0;
          if (stride === 0) {
            const step = ac.at(bits, position);
            position += stepBits(step);
            coefficient += stepAdvance(step);
          } else {
            position += strideLength(stride);
            coefficient += strideAdvance(stride);
          }
        }
        while (coefficient < blockCoefficients) {
          const step = ac.at(bits, position);
          position += stepBits(step);
          coefficient += stepAdvance(step);
        }
      }
      done += 1;
    }
    this.done = done;
    return position;
  }
}
