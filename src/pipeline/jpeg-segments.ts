import type { FileHandle } from 'node:fs/promises';
import { CorruptImageError } from '../domain/errors.js';
import { FileWindow, maxParts } from './file-window.js';

/**
 * Of one JPEG; encoders write a dozen. A decoder goes over the whole picture for each, and one that covers it in zeros takes 80 bytes:
 * half a megabyte of them keeps libvips, which can't be stopped there, busy for 20 seconds.
 */
const maxScans = 100;

// JPEG (ITU-T T.81), annex B: a marker is 0xff and a code; most begin a segment with its length, a scan has its data behind that.
const startOfImageBytes = 2;
const startOfScan = 0xda;
const endOfImage = 0xd9;

/** Codes that stand alone, 0 among them: it makes a 0xff of the data what it says. */
const standsAlone = (code: number): boolean => code <= 0x01 || (code >= 0xd0 && code <= 0xd7);

interface Marker {
  readonly code: number;
  /** Where its segment has its length. */
  readonly position: number;
}

/** The next marker that does not stand alone; what lies before it is data of a scan, or what decoders skip as well. */
async function nextMarker(window: FileWindow, from: number): Promise<Marker> {
  let position = from;
  for (;;) {
    const part = await window.from(position, 2);
    if (part.length < 2) throw new CorruptImageError('it ends too early');
    let at = part.indexOf(0xff);
    for (; at !== -1 && at + 1 < part.length; at = part.indexOf(0xff, at + 1)) {
      const code = part[at + 1] ?? 0;
      // any number of 0xff may stand before a marker
      if (code !== 0xff && !standsAlone(code)) return { code, position: position + at + 2 };
    }
    position += at === -1 ? part.length : at;
  }
}

/**
 * Walks a JPEG to its end marker as decoders do; whatever follows that is ignored. libvips misses the marker or not, as it falls on
 * its read buffer.
 * @throws {CorruptImageError} where the file ends before, or has more segments or scans than any encoder writes
 */
export async function checkJpegSegments(file: FileHandle): Promise<void> {
  const window = new FileWindow(file);
  let position = startOfImageBytes;
  let scans = 0;
  for (let parts = 0; parts < maxParts; parts++) {
    const marker = await nextMarker(window, position);
    if (marker.code === endOfImage) return;
    if (marker.code === startOfScan) scans += 1;
    if (scans > maxScans) throw new CorruptImageError('it has too many parts');
    const length = await window.from(marker.position, 2);
    if (length.length < 2) throw new CorruptImageError('it ends too early');
    position = marker.position + length.readUInt16BE(0);
  }
  throw new CorruptImageError('it has too many parts');
}
