import type { FileWindow } from '../file-window.js';
import { jpegCode, jpegSegments } from '../jpeg/jpeg-segments.js';
import { type Container, type ContainerLimits, type Edit, TextBlocks } from './container.js';
import { exifPrefix, orientationExif, orientationExifBytes, readOrientation } from './exif-orientation.js';

const iccPrefix = 'ICC_PROFILE\0';
const iccHeadBytes = iccPrefix.length + 2;

/** What XMP (part 3, section 1.1.3) and Photoshop's image resources, which have IPTC-IIM, begin with in a JPEG. */
const xmpPrefix = 'http://ns.adobe.com/xap/1.0/\0';
const photoshopPrefix = 'Photoshop 3.0\0';

/** As much of a segment as says what it is. */
const headBytes = xmpPrefix.length;

/** JFIF (T.871), section 10.1: what follows these bytes is a thumbnail. Adobe's segment has its transform at their end. */
const fixedSegments: Readonly<Record<number, { readonly prefix: string; readonly bytes: number }>> = {
  [jpegCode.app0]: { prefix: 'JFIF\0', bytes: 14 },
  238: { prefix: 'Adobe', bytes: 12 },
};

const endMarker = Buffer.from([0xff, jpegCode.endOfImage]);

const isMetadata = (code: number): boolean =>
  (code >= jpegCode.app0 && code <= jpegCode.app15) || code === jpegCode.comment;

function segmentOf(code: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, code, 0, 0]);
  head.writeUInt16BE(2 + data.length, 2);
  return Buffer.concat([head, data]);
}

/** The fixed part of a JFIF segment, which says that no thumbnail follows. */
function withoutTail(code: number, data: Buffer): Buffer {
  if (code === jpegCode.app0) data.fill(0, 12);
  return segmentOf(code, data);
}

/**
 * Reads the segments of a JPEG. Of its application segments and comments only JFIF's and Adobe's fixed parts, a bounded profile and
 * the orientation are kept.
 * @throws {CorruptImageError}
 */
export async function readJpeg(window: FileWindow, limits: ContainerLimits): Promise<Container> {
  const edits: Edit[] = [];
  const texts = new TextBlocks();
  /** Where the parts of the profile are, which come in any number of segments. */
  const profile: Edit[] = [];
  let profileBytes = 0;
  let seenScan = false;
  let seenExif = false;

  for await (const { code, start, dataStart, end, isMissing } of jpegSegments(window, limits)) {
    if (code === jpegCode.startOfScan) seenScan = true;
    // decoders want an end marker, which files of some phones lack
    if (isMissing) edits.push({ start, end, replacement: endMarker });
    if (!isMetadata(code)) continue;
    const drop = { start, end, replacement: null };
    // nothing in a comment, or behind the beginning of a scan, is kept
    if (seenScan || code === jpegCode.comment) {
      edits.push(drop);
      continue;
    }
    const found = window.peek(dataStart, headBytes) ?? (await window.from(dataStart, headBytes));
    const head = found.toString('latin1', 0, Math.min(headBytes, end - dataStart));
    if (code === 0xe1 && head === xmpPrefix) texts.note('xmp', dataStart + xmpPrefix.length, end);
    if (code === 0xed && head.startsWith(photoshopPrefix)) {
      texts.note('iptc', dataStart + photoshopPrefix.length, end);
    }
    const fixed = fixedSegments[code];
    if (fixed && head.startsWith(fixed.prefix) && end - dataStart >= fixed.bytes) {
      if (end - dataStart === fixed.bytes) continue;
      const data = await window.copy(dataStart, dataStart + fixed.bytes);
      edits.push({ start, end, replacement: withoutTail(code, data) });
    } else if (code === 0xe2 && head.startsWith(iccPrefix) && end - dataStart > iccHeadBytes) {
      profileBytes += end - dataStart - iccHeadBytes;
      profile.push(drop);
    } else if (
      code === 0xe1 &&
      !seenExif &&
      head.startsWith('Exif\0\0') &&
      end - dataStart >= exifPrefix.length + orientationExifBytes
    ) {
      seenExif = true;
      texts.note('exif', dataStart, end);
      const orientation = await readOrientation(window, dataStart, end);
      const replacement = segmentOf(code, Buffer.concat([exifPrefix, orientationExif(orientation)]));
      edits.push(orientation > 1 ? { start, end, replacement } : drop);
    } else edits.push(drop);
  }
  if (profileBytes > limits.profileBytes) edits.push(...profile);
  edits.sort((a, b) => a.start - b.start);
  return { format: 'jpeg', edits, pngColor: null, deep: null, texts: texts.all };
}
