import { CorruptImageError } from '../domain/errors.js';
import type { FileWindow } from './file-window.js';

// JPEG (ITU-T T.81), annex B: a marker is 0xff and a code; most begin a segment with its length, a scan has its data behind that.
export const jpegCode = { comment: 0xfe, startOfScan: 0xda, endOfImage: 0xd9, app0: 0xe0, app15: 0xef } as const;
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
}

const beginsSegment = (code: number): boolean => code !== 0xff && !standsAlone(code);

/** The marker at a position, if the window has it and one is there. */
function markerAt(window: FileWindow, start: number): Marker | null {
  const [first, code] = window.peek(start, 2) ?? [];
  return first === 0xff && code !== undefined && beginsSegment(code) ? { code, start } : null;
}

/** The next marker that does not stand alone; what is before it is data of a scan, or what decoders skip as well. */
async function nextMarker(window: FileWindow, from: number): Promise<Marker> {
  let position = from;
  for (;;) {
    const part = await window.from(position, 2);
    if (part.length < 2) throw new CorruptImageError('it ends too early');
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
 * Walks the segments of a JPEG as decoders do, its end marker included (`dataStart` and `end` are behind it). What follows that is
 * ignored.
 * @throws {CorruptImageError} if the file ends before, or has more segments or scans than the limits: a decoder goes over the whole
 *   image for each scan, and one that covers it in zeros has 80 bytes
 */
export async function* jpegSegments(
  window: FileWindow,
  limits: { readonly sourceParts: number; readonly sourceScans: number },
): AsyncGenerator<JpegSegment> {
  let position = startOfImageBytes;
  let scans = 0;
  for (let parts = 0; parts < limits.sourceParts; parts++) {
    const { code, start } = markerAt(window, position) ?? (await nextMarker(window, position));
    const dataStart = start + 4;
    if (code === jpegCode.endOfImage) {
      yield { code, start, dataStart: start + 2, end: start + 2 };
      return;
    }
    if (code === jpegCode.startOfScan) scans += 1;
    if (scans > limits.sourceScans) throw new CorruptImageError(`it has more than ${limits.sourceScans} scans`);
    const length = window.peek(start + 2, 2) ?? (await window.part(start + 2, 2));
    // the length counts its own two bytes; decoders go on behind them if it says less
    position = start + 2 + Math.max(2, length.readUInt16BE(0));
    yield { code, start, dataStart, end: position };
  }
  throw new CorruptImageError(`it has more than ${limits.sourceParts} parts`);
}
