import { CorruptImageError } from '../../domain/errors.js';
import type { FileWindow } from '../file-window.js';

// JPEG (ITU-T T.81), annex B: a marker is 0xff and a code; most begin a segment with its length, a scan has its data behind that.
export const jpegCode = {
  progressiveFrame: 0xc2,
  huffmanTables: 0xc4,
  startOfImage: 0xd8,
  endOfImage: 0xd9,
  startOfScan: 0xda,
  restartInterval: 0xdd,
  app0: 0xe0,
  app15: 0xef,
  comment: 0xfe,
} as const;
const startOfImageBytes = 2;

/** Codes that stand alone, 0 among them: a 0xff of the data is followed by it. */
const standsAlone = (code: number): boolean => code <= 0x01 || (code >= 0xd0 && code <= 0xd7);

interface Marker {
  readonly code: number;
  /** Where its 0xff is. */
  readonly start: number;
}

export interface JpegSegment extends Marker {
  /** Behind its length. */
  readonly dataStart: number;
  /** Behind its data. The data of a scan follow, up to the start of the next segment. */
  readonly end: number;
  /** Only of the end marker: whether the file lacks it. */
  readonly isMissing: boolean;
}

const beginsSegment = (code: number): boolean => code !== 0xff && !standsAlone(code);

/** The marker at a position, if the window has it and one is there. */
function markerAt(window: FileWindow, start: number): Marker | null {
  const [first, code] = window.peek(start, 2) ?? [];
  return first === 0xff && code !== undefined && beginsSegment(code) ? { code, start } : null;
}

/** The next marker that does not stand alone; what is before it is data of a scan, or skipped by decoders as well. Null at the end of the file. */
async function nextMarker(window: FileWindow, from: number): Promise<Marker | null> {
  let position = from;
  for (;;) {
    const part = await window.from(position, 2);
    if (part.length < 2) return null;
    let at = part.indexOf(0xff);
    for (; at !== -1 && at + 1 < part.length; at = part.indexOf(0xff, at + 1)) {
      const code = part[at + 1] ?? 0;
      // any number of 0xff may come before a marker
      if (beginsSegment(code)) return { code, start: position + at };
    }
    position += at === -1 ? part.length : at;
  }
}

/**
 * Walks the segments of a JPEG as decoders do, up to its end marker (`dataStart` and `end` are behind it). What follows that is
 * ignored. If a file with a scan has no end marker, `isMissing` says so, and the bytes from its `start` to its `end` belong to nothing.
 * Comments that follow each other are one segment here: a file may have thousands, and nobody reads them.
 * @throws {CorruptImageError} if the file ends before its first scan, or has more segments or scans than the limits: a decoder goes
 *   over the whole image for each scan, and one that covers it in zeros has 80 bytes
 */
export async function* jpegSegments(
  window: FileWindow,
  limits: { readonly sourceParts: number; readonly sourceScans: number },
): AsyncGenerator<JpegSegment> {
  let position = startOfImageBytes;
  let scans = 0;
  let comments: JpegSegment | null = null;
  const missingEnd = (start: number, end: number): JpegSegment => {
    if (scans === 0) throw new CorruptImageError('it ends too early');
    return { code: jpegCode.endOfImage, start, dataStart: end, end, isMissing: true };
  };
  const size = await window.size();
  for (let parts = 0; parts < limits.sourceParts; parts++) {
    const marker = markerAt(window, position) ?? (await nextMarker(window, position));
    const continues = marker?.code === jpegCode.comment && marker.start === comments?.end;
    if (comments && !continues) yield comments;
    if (!continues) comments = null;
    if (!marker) return yield missingEnd(size, size);
    const { code, start } = marker;
    if (code === jpegCode.endOfImage) {
      return yield { code, start, dataStart: start + 2, end: start + 2, isMissing: false };
    }
    // another image begins
    if (code === jpegCode.startOfImage && scans > 0) return yield missingEnd(start, start);
    const length = window.peek(start + 2, 2) ?? (await window.from(start + 2, 2));
    // the length counts its own two bytes; decoders go on behind them if it says less
    position = start + 2 + Math.max(2, length.length < 2 ? 2 : length.readUInt16BE(0));
    if (position > size) {
      if (comments) yield comments;
      return yield missingEnd(start, size);
    }
    if (code === jpegCode.startOfScan) scans += 1;
    if (scans > limits.sourceScans) throw new CorruptImageError(`it has more than ${limits.sourceScans} scans`);
    const segment: JpegSegment = {
      code,
      start: comments?.start ?? start,
      dataStart: start + 4,
      end: position,
      isMissing: false,
    };
    if (code === jpegCode.comment) comments = segment;
    else yield segment;
  }
  throw new CorruptImageError(`it has more than ${limits.sourceParts} parts`);
}
