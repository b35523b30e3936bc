import { CorruptImageError, TooManyPixelsError } from '../../domain/errors.js';
import type { FileWindow } from '../file-window.js';
import { type Container, type ContainerLimits, type Edit, TextBlocks } from './container.js';
import { orientationExif, orientationExifBytes, readOrientation } from './exif-orientation.js';

// WebP container specification: RIFF, the length of what follows, WEBP, then chunks of type, length and data, padded to an even length.
const riffHeaderBytes = 12;
const chunkHeaderBytes = 8;

const flag = { profile: 0x20, exif: 0x08, xmp: 0x04 } as const;

/** What has pixels, or says how frames are put together. */
const pixelTypes = new Set(['VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF']);

interface RiffChunk {
  readonly type: string;
  readonly start: number;
  readonly dataStart: number;
  readonly dataEnd: number;
  readonly end: number;
}

async function readRiffEnd(window: FileWindow): Promise<number> {
  const head = await window.part(0, riffHeaderBytes);
  if (head.toString('latin1', 0, 4) !== 'RIFF') throw new CorruptImageError('its header is damaged');
  return chunkHeaderBytes + head.readUInt32LE(4);
}

/** Walks the chunks of a WebP. @throws {CorruptImageError} if the file ends before, or has more chunks than the limit */
async function* riffChunks(window: FileWindow, riffEnd: number, limitParts: number): AsyncGenerator<RiffChunk> {
  let start = riffHeaderBytes;
  for (let parts = 0; start + chunkHeaderBytes <= riffEnd; parts++) {
    if (parts === limitParts) throw new CorruptImageError(`it has more than ${limitParts} parts`);
    const head = window.peek(start, chunkHeaderBytes) ?? (await window.part(start, chunkHeaderBytes));
    const length = head.readUInt32LE(4);
    const dataStart = start + chunkHeaderBytes;
    const dataEnd = dataStart + length;
    if (dataEnd > riffEnd) throw new CorruptImageError('it ends too early');
    const end = Math.min(riffEnd, dataEnd + (length % 2));
    yield { type: head.toString('latin1', 0, 4), start, dataStart, dataEnd, end };
    start = end;
  }
  await window.part(riffEnd - 1, 1);
}

function chunkOf(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(chunkHeaderBytes);
  head.write(type, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data]);
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** The edits with the two fields that depend on them: the flags of the canvas, and the length of all chunks. */
function settle(edits: Edit[], riffEnd: number, flags: { at: number; found: number; kept: number } | null): Edit[] {
  if (flags && flags.found !== flags.kept) {
    edits.push({ start: flags.at, end: flags.at + 1, replacement: Buffer.from([flags.kept]) });
  }
  const saved = edits.reduce((sum, { start, end, replacement }) => sum + end - start - (replacement?.length ?? 0), 0);
  if (saved > 0) edits.push({ start: 4, end: 8, replacement: uint32(riffEnd - chunkHeaderBytes - saved) });
  return edits.sort((a, b) => a.start - b.start);
}

/**
 * Reads the chunks of a WebP. Only pixels, frames, a bounded profile and the orientation are kept.
 * @throws {CorruptImageError} {@link TooManyPixelsError} by the number of frames
 */
export async function readWebp(window: FileWindow, limits: ContainerLimits): Promise<Container> {
  const riffEnd = await readRiffEnd(window);
  const edits: Edit[] = [];
  const texts = new TextBlocks();
  let flags: { at: number; found: number; kept: number } | null = null;
  let canvas = { width: 1, height: 1 };
  let frames = 0;
  const seen = new Set<string>();

  for await (const { type, start, dataStart, dataEnd, end } of riffChunks(window, riffEnd, limits.sourceParts)) {
    const length = dataEnd - dataStart;
    const isFirst = !seen.has(type);
    if (type === 'EXIF') texts.note('exif', dataStart, dataEnd);
    if (type === 'XMP ') texts.note('xmp', dataStart, dataEnd);
    seen.add(type);
    if (type === 'VP8X' && isFirst && start === riffHeaderBytes && length === 10) {
      const header = await window.part(dataStart, length);
      const found = header.readUInt8(0);
      flags = { at: dataStart, found, kept: found & ~(flag.profile | flag.exif | flag.xmp) };
      canvas = { width: 1 + header.readUIntLE(4, 3), height: 1 + header.readUIntLE(7, 3) };
    } else if (type === 'VP8X' || pixelTypes.has(type)) {
      if (type === 'ANMF') frames += 1;
      // at the first frame too many, since a flood of frames is a flood of chunks as well
      if (frames > limits.sourceFrames) throw new TooManyPixelsError(limits, { ...canvas, frameCount: frames });
    } else if (type === 'ICCP' && isFirst && flags && length <= limits.profileBytes) {
      flags.kept |= flag.profile;
    } else if (type === 'EXIF' && isFirst && flags && length >= orientationExifBytes) {
      const orientation = await readOrientation(window, dataStart, dataEnd);
      if (orientation > 1) flags.kept |= flag.exif;
      edits.push({ start, end, replacement: orientation > 1 ? chunkOf(type, orientationExif(orientation)) : null });
    } else edits.push({ start, end, replacement: null });
  }
  return { format: 'webp', edits: settle(edits, riffEnd, flags), pngColor: null, deep: null, texts: texts.all };
}
