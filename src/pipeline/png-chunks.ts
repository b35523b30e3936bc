import type { FileHandle } from 'node:fs/promises';
import { CorruptImageError } from '../domain/errors.js';
import { FileWindow, maxParts } from './file-window.js';

// PNG (third edition), section 5: an 8-byte signature, then chunks of length, type, data and CRC.
const signatureBytes = 8;
const chunkOverheadBytes = 12;

/** Chunks whose data may be compressed: each takes the decoder up to 8 MB and 10 ms whenever it opens the file, and 8 kB of the file. */
const compressible = new Set(['iCCP', 'iTXt', 'zTXt']);
const maxCompressible = 100;

/** The size that a PNG claims in its header chunk, or null where the beginning is too short to tell. */
export function claimedPngSize(beginning: Buffer): { width: number; height: number } | null {
  const offset = signatureBytes + 8;
  if (beginning.length < offset + 8) return null;
  return { width: beginning.readUInt32BE(offset), height: beginning.readUInt32BE(offset + 4) };
}

/**
 * Walks the chunks of a PNG to its end chunk; whatever follows that is ignored. libvips stops once it has all rows and does not miss
 * the last bytes.
 * @throws {CorruptImageError} where the file ends before, or has more chunks than any encoder writes
 */
export async function checkPngChunks(file: FileHandle): Promise<void> {
  const window = new FileWindow(file);
  let position = signatureBytes;
  let compressibleParts = 0;
  for (let parts = 0; parts < maxParts; parts++) {
    const chunk = await window.from(position, chunkOverheadBytes);
    if (chunk.length < chunkOverheadBytes) throw new CorruptImageError('it ends too early');
    const type = chunk.toString('latin1', 4, 8);
    if (type === 'IEND') return;
    if (compressible.has(type)) compressibleParts += 1;
    if (compressibleParts > maxCompressible) break;
    position += chunkOverheadBytes + chunk.readUInt32BE(0);
  }
  throw new CorruptImageError('it has too many parts');
}

/** The same PNG without its resolution, which libvips takes over from the source and writes before the pixels. */
export const withoutResolution = (png: Buffer): Buffer => {
  for (let start = signatureBytes; start + chunkOverheadBytes <= png.length; ) {
    const type = png.toString('latin1', start + 4, start + 8);
    const end = start + chunkOverheadBytes + png.readUInt32BE(start);
    if (type === 'pHYs') return Buffer.concat([png.subarray(0, start), png.subarray(end)]);
    if (type === 'IDAT') break;
    start = end;
  }
  return png;
};
