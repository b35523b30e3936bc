import { CorruptImageError } from '../../domain/errors.js';

/** Counts the parts of a file, of which a decoder keeps something each. */
export class PartCount {
  #left: number;

  constructor(private readonly limitParts: number) {
    this.#left = limitParts;
  }

  /** @throws {CorruptImageError} if there are more than the limit */
  add(): void {
    this.#left -= 1;
    if (this.#left < 0) throw new CorruptImageError(`it has more than ${this.limitParts} parts`);
  }
}

/** Reads numbers and texts one after the other. @throws {CorruptImageError} from each method, if the bytes end before */
export class ByteReader {
  constructor(
    readonly bytes: Buffer,
    public at = 0,
    readonly end = bytes.length,
  ) {}

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  /** @param byteSize 0, 1, 2, 3, 4 or 8; of 8 bytes a number below 2 ** 53. */
  uint(byteSize: number): number {
    const at = this.#take(byteSize);
    if (byteSize === 0) return 0;
    if (byteSize <= 4) return this.bytes.readUIntBE(at, byteSize);
    const value = this.bytes.readUInt32BE(at) * 2 ** 32 + this.bytes.readUInt32BE(at + 4);
    if (!Number.isSafeInteger(value)) throw new CorruptImageError('its header is damaged');
    return value;
  }

  text(length: number): string {
    const at = this.#take(length);
    return this.bytes.toString('latin1', at, at + length);
  }

  skip(byteSize: number): void {
    this.#take(byteSize);
  }

  #take(byteSize: number): number {
    const { at } = this;
    if (at + byteSize > this.end) throw new CorruptImageError('its header is damaged');
    this.at += byteSize;
    return at;
  }
}

/** ISO/IEC 14496-12, section 4.2. Positions are those of the bytes that it was read from. */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly dataStart: number;
  readonly end: number;
}

/** The most bytes of a box's own size and type. */
export const boxHeaderBytes = 16;

/**
 * Reads the size and the type of a box.
 * @param header Its first bytes: at least eight, and {@link boxHeaderBytes} if there are as many.
 * @param limit Where the box has to end at the latest.
 * @throws {CorruptImageError}
 */
export function readBox(header: Buffer, start: number, limit: number): Box {
  const reader = new ByteReader(header);
  const shortSize = reader.uint(4);
  const type = reader.text(4);
  const size = shortSize === 1 ? reader.uint(8) : shortSize === 0 ? limit - start : shortSize;
  if (size < reader.at) throw new CorruptImageError('its header is damaged');
  if (start + size > limit) throw new CorruptImageError('it ends too early');
  return { type, start, dataStart: start + reader.at, end: start + size };
}

/** The boxes one after the other between two positions. */
export function* boxesIn(bytes: Buffer, start: number, end: number, parts: PartCount): Generator<Box> {
  for (let at = start; at < end; ) {
    parts.add();
    const box = readBox(bytes.subarray(at, Math.min(end, at + boxHeaderBytes)), at, end);
    yield box;
    at = box.end;
  }
}
