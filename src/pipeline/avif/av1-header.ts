import { CorruptImageError } from '../../domain/errors.js';
import { ByteReader, type PartCount } from './boxes.js';

/** What the data of an AV1 image says of its pixels (AV1 bitstream specification, section 5). */
export interface Av1Header {
  readonly width: number;
  readonly height: number;
  readonly isDeep: boolean;
  /** The code points of ITU-T H.273; null if there are none. */
  readonly codePoints: { readonly primaries: number; readonly transfer: number } | null;
}

/** Section 6.2.2. */
const unit = { sequence: 1, frameHeader: 3, frame: 6, tileList: 8 } as const;

/** The layers of a progressive image, each of which is a frame. */
const maxFrames = 4;

const damaged = (): CorruptImageError => new CorruptImageError('its data is damaged');

class BitReader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** At most 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left -= 1) {
      const byte = this.bytes[this.#at >> 3];
      if (byte === undefined) throw damaged();
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
      this.#at += 1;
    }
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** `uvlc()` of section 4.10.3, whose value nobody needs. */
  skipVariable(): void {
    let zeros = 0;
    while (!this.flag()) {
      zeros += 1;
      if (zeros > 32) throw damaged();
    }
    if (zeros < 32) this.bits(zeros);
  }
}

/** `operating_parameters_info` and what is before it: sections 5.5.1 and 5.5.3 to 5.5.5. */
function skipOperatingPoints(reader: BitReader): void {
  let delayBits: number | null = null;
  if (reader.flag()) {
    reader.bits(32);
    reader.bits(32);
    if (reader.flag()) reader.skipVariable();
    if (reader.flag()) {
      delayBits = 1 + reader.bits(5);
      reader.bits(32);
      reader.bits(10);
    }
  }
  const hasDisplayDelay = reader.flag();
  for (let left = 1 + reader.bits(5); left > 0; left -= 1) {
    reader.bits(12);
    if (reader.bits(5) > 7) reader.bits(1);
    if (delayBits !== null && reader.flag()) {
      reader.bits(delayBits);
      reader.bits(delayBits);
      reader.bits(1);
    }
    if (hasDisplayDelay && reader.flag()) reader.bits(4);
  }
}

/** The tools of video: section 5.5.1, from `enable_interintra_compound` to `order_hint_bits_minus_1`. */
function skipVideoTools(reader: BitReader): void {
  reader.bits(4);
  const hasOrder = reader.flag();
  if (hasOrder) reader.bits(2);
  const isScreenContent = reader.flag() || reader.flag();
  if (isScreenContent && !reader.flag()) reader.bits(1);
  if (hasOrder) reader.bits(3);
}

/** Section 5.5. */
function readSequence(data: Buffer): Av1Header {
  const reader = new BitReader(data);
  const profile = reader.bits(3);
  reader.bits(1);
  const isReduced = reader.flag();
  if (isReduced) reader.bits(5);
  else skipOperatingPoints(reader);
  const [widthBits, heightBits] = [1 + reader.bits(4), 1 + reader.bits(4)];
  const [width, height] = [1 + reader.bits(widthBits), 1 + reader.bits(heightBits)];
  if (!isReduced && reader.flag()) reader.bits(7);
  reader.bits(3);
  if (!isReduced) skipVideoTools(reader);
  reader.bits(3);
  const isDeep = reader.flag();
  if (isDeep && profile === 2) reader.bits(1);
  if (profile !== 1) reader.bits(1);
  const codePoints = reader.flag() ? { primaries: reader.bits(8), transfer: reader.bits(8) } : null;
  return { width, height, isDeep, codePoints };
}

/** `leb128()` of section 4.10.5. */
function readLength(reader: ByteReader): number {
  let value = 0;
  for (let index = 0; index < 8; index += 1) {
    const byte = reader.uint(1);
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value;
  }
  throw damaged();
}

/**
 * Reads the header of an AV1 image, and walks its data: a decoder decodes every frame that is in it, each as large as the header says.
 * @throws {CorruptImageError}
 */
export function readAv1Header(data: Buffer, parts: PartCount): Av1Header {
  let header: Av1Header | null = null;
  let frames = 0;
  for (const reader = new ByteReader(data); !reader.isAtEnd; ) {
    parts.add();
    const first = reader.uint(1);
    const type = (first >> 3) & 15;
    if ((first & 0x80) !== 0 || type === unit.tileList) throw damaged();
    if ((first & 4) !== 0) reader.skip(1);
    const length = (first & 2) === 0 ? data.length - reader.at : readLength(reader);
    const { at } = reader;
    reader.skip(length);
    if (type === unit.sequence) {
      const found = readSequence(data.subarray(at, at + length));
      if (header && (header.width !== found.width || header.height !== found.height)) throw damaged();
      header ??= found;
    }
    if (type === unit.frame || type === unit.frameHeader) frames += 1;
    if (frames > maxFrames) throw damaged();
  }
  if (!header || frames === 0) throw damaged();
  return header;
}
