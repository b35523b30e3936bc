import { crc32, deflateSync } from 'node:zlib';
import { CorruptImageError } from '../domain/errors.js';
import type { FileWindow } from './file-window.js';

// PNG (third edition), section 5: an 8-byte signature, then chunks of length, type, data and CRC.
const signatureBytes = 8;
const chunkOverheadBytes = 12;

export interface PngChunk {
  readonly type: string;
  /** Where its length is. */
  readonly start: number;
  readonly dataStart: number;
  readonly dataEnd: number;
  /** Behind its CRC. */
  readonly end: number;
}

/**
 * Walks the chunks of a PNG, its end chunk included; whatever follows that is ignored.
 * @throws {CorruptImageError} if the file ends before, or has more chunks than the limit: decoders keep something of each
 */
export async function* pngChunks(window: FileWindow, limitParts: number): AsyncGenerator<PngChunk> {
  let start = signatureBytes;
  for (let parts = 0; parts < limitParts; parts++) {
    const chunk = window.peek(start, chunkOverheadBytes) ?? (await window.part(start, chunkOverheadBytes));
    const type = chunk.toString('latin1', 4, 8);
    const dataStart = start + 8;
    const dataEnd = dataStart + chunk.readUInt32BE(0);
    const end = dataEnd + 4;
    yield { type, start, dataStart, dataEnd, end };
    if (type === 'IEND') return;
    start = end;
  }
  throw new CorruptImageError(`it has more than ${limitParts} parts`);
}

/** A chunk with its CRC. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** `iCCP` (PNG, section 11.3.2.3). */
export const profileChunk = (profile: Buffer): Buffer =>
  pngChunk('iCCP', Buffer.concat([Buffer.from('colors\0\0'), deflateSync(profile)]));

/** The same PNG with a profile behind its header. */
export function withProfile(png: Buffer, profile: Buffer): Buffer {
  const headerEnd = signatureBytes + chunkOverheadBytes + png.readUInt32BE(signatureBytes);
  return Buffer.concat([png.subarray(0, headerEnd), profileChunk(profile), png.subarray(headerEnd)]);
}

/**
 * The same PNG without its resolution, which libvips copies from the source and writes before the pixels. What precedes it is moved within
 * the buffer: it is a few dozen bytes, and what follows may be megabytes.
 */
export const withoutResolution = (png: Buffer): Buffer => {
  for (let start = signatureBytes; start + chunkOverheadBytes <= png.length; ) {
    const type = png.toString('latin1', start + 4, start + 8);
    const end = start + chunkOverheadBytes + png.readUInt32BE(start);
    if (type === 'pHYs') {
      png.copyWithin(end - start, 0, start);
      return png.subarray(end - start);
    }
    if (type === 'IDAT') break;
    start = end;
  }
  return png;
};
