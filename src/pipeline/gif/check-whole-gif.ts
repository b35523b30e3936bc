import { CorruptImageError } from '../../domain/errors.js';
import type { FileWindow } from '../file-window.js';
import { type GifFrame, gifBlocks, type PixelSink, readGifScreen } from './gif-blocks.js';

/** GIF89a, appendix F: codes have at most 12 bits. */
const maxCodeBits = 12;
const maxCodes = 1 << maxCodeBits;

/** Counts the pixels of a frame by the lengths of its codes, without computing any of them. */
class PixelCount {
  /** How many pixels each code stands for. */
  readonly #lengths = new Uint32Array(maxCodes);
  readonly #clearCode: number;
  #codeBits = 0;
  #nextCode = 0;
  #previous = -1;
  #bits = 0;
  #bitCount = 0;
  #isOver = false;
  #missing: number;

  constructor({ width, height, colorBits }: GifFrame) {
    if (colorBits < 1 || colorBits > 8) throw new CorruptImageError('its data is damaged');
    this.#missing = width * height;
    this.#clearCode = 1 << colorBits;
    this.#lengths.fill(1, 0, this.#clearCode);
    this.#clear();
  }

  get isWhole(): boolean {
    return this.#missing <= 0;
  }

  push(data: Buffer): void {
    for (const byte of data) {
      if (this.#isOver) return;
      this.#bits |= byte << this.#bitCount;
      this.#bitCount += 8;
      while (this.#bitCount >= this.#codeBits && !this.#isOver) {
        const code = this.#bits & ((1 << this.#codeBits) - 1);
        this.#bits >>>= this.#codeBits;
        this.#bitCount -= this.#codeBits;
        this.#take(code);
      }
    }
  }

  #clear(): void {
    this.#nextCode = this.#clearCode + 2;
    this.#codeBits = 32 - Math.clz32(this.#clearCode);
    this.#previous = -1;
  }

  #take(code: number): void {
    if (code === this.#clearCode) {
      this.#clear();
      return;
    }
    if (code === this.#clearCode + 1) {
      this.#isOver = true;
      return;
    }
    const isFirst = this.#previous < 0;
    if (!isFirst && this.#nextCode < maxCodes) {
      this.#lengths[this.#nextCode] = 1 + (this.#lengths[this.#previous] ?? 0);
      this.#nextCode += 1;
      if (this.#nextCode === 1 << this.#codeBits && this.#codeBits < maxCodeBits) this.#codeBits += 1;
    }
    if (code >= (isFirst ? this.#clearCode : this.#nextCode)) throw new CorruptImageError('its data is damaged');
    this.#missing -= this.#lengths[code] ?? 0;
    this.#previous = code;
    if (this.isWhole) this.#isOver = true;
  }
}

/**
 * Proves that each frame of a GIF has all of its pixels, which its decoder does not: it shows what is there.
 * @throws {CorruptImageError}
 */
export async function checkWholeGif(window: FileWindow, limits: { readonly sourceParts: number }): Promise<void> {
  let current: PixelCount | null = null;
  const count = (frame: GifFrame): PixelSink => {
    const pixels = new PixelCount(frame);
    current = pixels;
    return (data) => pixels.push(data);
  };
  const isCut = (pixels: PixelCount | null): boolean => pixels !== null && !pixels.isWhole;
  for await (const { frame } of gifBlocks(window, await readGifScreen(window), limits.sourceParts, count)) {
    if (frame && isCut(current)) throw new CorruptImageError('it ends too early');
  }
}
