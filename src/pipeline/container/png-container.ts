import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { CorruptImageError, UnsupportedImageError } from '../../domain/errors.js';
import { deepPng, pngProfile } from '../color/png-profile.js';
import { keywordBytes, pngTextTypes, readKeyword } from '../embedded/png-texts.js';
import type { FileWindow } from '../file-window.js';
import { type PngChunk, pngChunk, pngChunks, profileChunk } from '../png-chunks.js';
import {
  type Container,
  type ContainerLimits,
  checkExtent,
  type Edit,
  type PngColor,
  TextBlocks,
} from './container.js';
import { orientationExif, orientationExifBytes, readOrientation } from './exif-orientation.js';

const inflateAsync = promisify(inflate);

/** Ancillary chunks that decide what the pixels mean, and the resolution, with the most bytes of data that they can have. */
const keptBytes: Readonly<Record<string, number>> = {
  ...{ tRNS: 256, sBIT: 4, gAMA: 4, cHRM: 32, sRGB: 1, cICP: 4 },
  // harmless, and in so many files that it is not worth a copy
  pHYs: 9,
};

/** PNG, section 5.4: the fifth bit of the first letter. A decoder has to know the other chunks, or refuse the file. */
const isAncillary = (type: string): boolean => (type.charCodeAt(0) & 0x20) !== 0;

/** The profile of an `iCCP` chunk, or null if it is broken or inflates to more than the limit: no more than that is inflated. */
async function readProfile(window: FileWindow, chunk: PngChunk, limitBytes: number): Promise<Buffer | null> {
  if (chunk.dataEnd - chunk.dataStart > limitBytes) return null;
  const data = await window.copy(chunk.dataStart, chunk.dataEnd);
  // PNG, section 11.3.2.3: a name of at most 79 bytes, a zero, the compression method 0, the profile
  const nameBytes = data.indexOf(0);
  if (nameBytes < 1 || nameBytes > 79 || data[nameBytes + 1] !== 0) return null;
  return inflateAsync(data.subarray(nameBytes + 2), { maxOutputLength: limitBytes }).catch(() => null);
}

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

const colorReaders: Readonly<Record<string, (data: Buffer) => Partial<PngColor>>> = {
  gAMA: (data) => ({ gamma: data.readUInt32BE(0) }),
  cHRM: (data) => ({ chromaticities: Array.from({ length: 8 }, (_, index) => data.readUInt32BE(4 * index)) }),
  sRGB: (data) => ({ srgbIntent: data.readUInt8(0) }),
  cICP: (data) => ({
    codePoints: {
      primaries: data.readUInt8(0),
      transfer: data.readUInt8(1),
      matrix: data.readUInt8(2),
      fullRange: data.readUInt8(3) === 1,
    },
  }),
};

/** Chunks that say what colours the pixels have. */
const colorTypes = new Set(['cICP', 'iCCP', 'sRGB', 'gAMA', 'cHRM']);

/**
 * The edits by which decoders read the right colours: they know `iCCP` only, so that what other chunks say is written as a profile
 * after the header, and a profile that has no effect is dropped.
 */
function colorEdits(color: PngColor, chunks: readonly PngChunk[], headerEnd: number): Edit[] {
  const profile = pngProfile(color);
  const dropped = (type: string): boolean =>
    profile instanceof Buffer || (type === 'iCCP' && profile === 'none') || (type === 'sRGB' && profile === 'embedded');
  const drops = chunks.flatMap(({ type, start, end }) => (dropped(type) ? [{ start, end, replacement: null }] : []));
  if (!(profile instanceof Buffer)) return drops;
  return [{ start: headerEnd, end: headerEnd, replacement: profileChunk(profile) }, ...drops];
}

/**
 * Reads the chunks of a PNG. Only pixels, palette, transparency, colour chunks, a bounded profile and the orientation are kept; text
 * and chunks that are not known are dropped, compressed or not, and with them the frames of an animated PNG, which is shown as its
 * first.
 * @throws {UnsupportedImageError} {@link CorruptImageError}, or {@link TooManyPixelsError} by what the header claims, whatever follows
 */
export async function readPng(window: FileWindow, limits: ContainerLimits): Promise<Container> {
  const edits: Edit[] = [];
  const texts = new TextBlocks();
  const color: Writable<PngColor> = {
    ...{ bitDepth: 0, colorType: 0, profile: null, gamma: null, chromaticities: null },
    ...{ srgbIntent: null, codePoints: null },
  };
  const seen = new Set<string>();
  const colorChunks: PngChunk[] = [];
  let headerEnd = 0;

  /** What replaces an ancillary chunk: itself (undefined), nothing (null), or a shorter one. */
  const replacementOf = async (chunk: PngChunk): Promise<Buffer | null | undefined> => {
    const { type, dataStart, dataEnd } = chunk;
    // the chunks that matter come once, and before the pixels
    if (seen.has(type) || seen.has('IDAT')) return null;
    seen.add(type);
    const length = dataEnd - dataStart;
    if (type === 'iCCP') {
      color.profile = await readProfile(window, chunk, limits.profileBytes);
      return color.profile ? undefined : null;
    }
    if (type === 'eXIf' && length >= orientationExifBytes) {
      const orientation = await readOrientation(window, dataStart, dataEnd);
      return orientation > 1 ? pngChunk(type, orientationExif(orientation)) : null;
    }
    if (length > (keptBytes[type] ?? -1)) return null;
    if (length === keptBytes[type]) Object.assign(color, colorReaders[type]?.(await window.copy(dataStart, dataEnd)));
    return undefined;
  };

  const noteText = async ({ type, dataStart, dataEnd }: PngChunk): Promise<void> => {
    if (type === 'eXIf') texts.note('exif', dataStart, dataEnd);
    const textType = pngTextTypes.find((candidate) => candidate === type);
    if (!textType) return;
    const keyword = readKeyword(window.peek(dataStart, keywordBytes) ?? (await window.from(dataStart, keywordBytes)));
    if (keyword !== undefined) texts.note(textType, dataStart, dataEnd, keyword);
  };

  for await (const chunk of pngChunks(window, limits.sourceParts)) {
    const { type, start, end, dataStart, dataEnd } = chunk;
    if (headerEnd === 0) {
      // Apple's format for apps: what follows is neither a header nor pixels of a PNG
      if (type === 'CgBI') throw new UnsupportedImageError('CgBI PNG');
      if (type !== 'IHDR') throw new CorruptImageError('its header is damaged');
      headerEnd = end;
    }
    if (type === 'IHDR' && color.bitDepth === 0 && dataEnd - dataStart >= 13) {
      const header = await window.part(dataStart, 13);
      checkExtent({ width: header.readUInt32BE(0), height: header.readUInt32BE(4), frameCount: 1 }, limits);
      color.bitDepth = header.readUInt8(8);
      color.colorType = header.readUInt8(9);
    } else if (isAncillary(type)) {
      await noteText(chunk);
      const replacement = await replacementOf(chunk);
      if (replacement !== undefined) edits.push({ start, end, replacement });
      else if (colorTypes.has(type)) colorChunks.push(chunk);
    } else if (type === 'IDAT') seen.add(type);
  }
  edits.push(...colorEdits(color, colorChunks, headerEnd));
  edits.sort((a, b) => a.start - b.start || a.end - b.end);
  return { format: 'png', edits, pngColor: color, deep: deepPng(color), texts: texts.all };
}
