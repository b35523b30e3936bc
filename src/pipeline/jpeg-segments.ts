import type { FileHandle } from 'node:fs/promises';
import { CorruptImageError } from '../domain/errors.js';
import { FileWindow, maxParts } from './file-window.js';

// JPEG (ITU-T T.81), annex B: segments of marker and length, then scans, in whose data no marker stands by chance.
const startOfImageBytes = 2;
const segmentHeadBytes = 4;
const startOfScan = 0xda;
const endOfImage = Buffer.from([0xff, 0xd9]);

/** Where the first scan begins: a thumbnail in the segments before it has an end of its own. */
async function findScan(window: FileWindow): Promise<number> {
  let position = startOfImageBytes;
  for (let parts = 0; parts < maxParts; parts++) {
    const head = await window.from(position, segmentHeadBytes);
    // What is no segment is left to the decoder to judge.
    if (head.length < segmentHeadBytes || head[0] !== 0xff || head[1] === startOfScan) return position;
    // Any number of 0xff may stand before a marker.
    position += head[1] === 0xff ? 1 : 2 + head.readUInt16BE(2);
  }
  throw new CorruptImageError('it has too many parts');
}

/**
 * Walks a JPEG to its end marker; whatever follows that is ignored. libvips misses the marker or not, as it falls on its read buffer.
 * @throws {CorruptImageError} where the file ends before, or has more segments than any encoder writes
 */
export async function checkJpegSegments(file: FileHandle): Promise<void> {
  const window = new FileWindow(file);
  let position = await findScan(window);
  for (;;) {
    const part = await window.from(position, Number.POSITIVE_INFINITY);
    if (part.includes(endOfImage)) return;
    if (part.length < endOfImage.length) throw new CorruptImageError('it ends too early');
    // The marker may lie across two windows.
    position += part.length - 1;
  }
}
