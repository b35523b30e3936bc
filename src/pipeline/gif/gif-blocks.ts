import { setImmediate } from 'node:timers/promises';
import { CorruptImageError } from '../../domain/errors.js';
import type { FileWindow } from '../file-window.js';

// GIF89a, sections 17 to 27: a header and a screen descriptor, then blocks that begin with a code, and a trailer.
const headerBytes = 13;
const frameCode = 0x2c;
const extensionCode = 0x21;
const trailerCode = 0x3b;
/** Encoders leave it between blocks, and decoders ignore it. */
const paddingCode = 0;

export interface GifFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The bits of a colour, from which those of the codes follow. */
  readonly colorBits: number;
}

export interface GifBlock {
  /** Set for a frame. */
  readonly frame: GifFrame | null;
  /** Of an extension; null for anything else. */
  readonly label: number | null;
  readonly start: number;
  /** Where its sub-blocks begin. */
  readonly dataStart: number;
  readonly end: number;
}

export interface GifScreen {
  readonly width: number;
  readonly height: number;
  /** Where the first block is. */
  readonly end: number;
}

/** Hears the compressed pixels of a frame, a sub-block at a time. */
export type PixelSink = (data: Buffer) => void;

const colorTableBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));

/** @throws {CorruptImageError} */
export async function readGifScreen(window: FileWindow): Promise<GifScreen> {
  const head = await window.part(0, headerBytes);
  return {
    width: head.readUInt16LE(6),
    height: head.readUInt16LE(8),
    end: headerBytes + colorTableBytes(head.readUInt8(10)),
  };
}

/** The bytes after which others get their turn. */
const bytesAtOnce = 1 << 20;

/** The end of a chain of sub-blocks, which a length of 0 ends. */
async function endOfData(window: FileWindow, start: number, sink: PixelSink | null): Promise<number> {
  let turnAt = start + bytesAtOnce;
  for (let at = start; ; ) {
    const length = (window.peek(at, 1) ?? (await window.part(at, 1))).readUInt8(0);
    at += 1;
    if (length === 0) return at;
    if (sink) sink(window.peek(at, length) ?? (await window.part(at, length)));
    at += length;
    if (at < turnAt) continue;
    turnAt = at + bytesAtOnce;
    await setImmediate();
  }
}

/**
 * Walks the blocks of a GIF up to its trailer, without which frames may be missing; whatever follows that is ignored.
 * @param sinkOf What hears the pixels of a frame.
 * @throws {CorruptImageError} if the file ends before, has something else in between, or more blocks than the limit
 */
export async function* gifBlocks(
  window: FileWindow,
  { end: screenEnd }: GifScreen,
  limitParts: number,
  sinkOf: (frame: GifFrame) => PixelSink | null = () => null,
): AsyncGenerator<GifBlock> {
  let start = screenEnd;
  for (let parts = 0; parts < limitParts; parts++) {
    const code = (await window.part(start, 1)).readUInt8(0);
    if (code === trailerCode) return;
    let block: GifBlock;
    if (code === frameCode) {
      const head = await window.part(start, 10);
      const [left, top, width, height] = [1, 3, 5, 7].map((at) => head.readUInt16LE(at)) as [
        number,
        number,
        number,
        number,
      ];
      const codeSizeAt = start + 10 + colorTableBytes(head.readUInt8(9));
      const colorBits = (await window.part(codeSizeAt, 1)).readUInt8(0);
      const frame = { left, top, width, height, colorBits };
      const dataStart = codeSizeAt + 1;
      const end = await endOfData(window, dataStart, sinkOf(frame));
      block = { frame, label: null, start, dataStart, end };
    } else if (code === extensionCode) {
      const label = (await window.part(start, 2)).readUInt8(1);
      const end = await endOfData(window, start + 2, null);
      block = { frame: null, label, start, dataStart: start + 2, end };
    } else if (code === paddingCode) {
      block = { frame: null, label: null, start, dataStart: start + 1, end: start + 1 };
    } else throw new CorruptImageError('its data is damaged');
    yield block;
    start = block.end;
  }
  throw new CorruptImageError(`it has more than ${limitParts} parts`);
}
