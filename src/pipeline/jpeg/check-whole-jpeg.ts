import { setImmediate } from 'node:timers/promises';
import { CorruptImageError, UnsupportedImageError } from '../../domain/errors.js';
import { type ContainerLimits, checkExtent } from '../container/container.js';
import type { FileWindow } from '../file-window.js';
import type { BlockReader } from './block-reader.js';
import { type Frame, HuffmanTables, readFrame, readScan, type ScanHeader } from './jpeg-header.js';
import { jpegCode, jpegSegments } from './jpeg-segments.js';
import { AcFirst, AcRefinement, DcFirst, DcRefinement, NonZero } from './progressive-blocks.js';
import { ScanData } from './scan-data.js';
import { SequentialBlocks } from './sequential-blocks.js';

const incomplete = (): CorruptImageError => new CorruptImageError('it has less data than its size asks for');
const damagedHeader = (): CorruptImageError => new CorruptImageError('its header is damaged');

/** Processes that decoders here know and browsers do not; whether such a file is whole can't be checked. */
const exotic: Readonly<Record<number, string>> = {
  195: 'lossless JPEG',
  201: 'JPEG with arithmetic coding',
  202: 'JPEG with arithmetic coding',
};
const isFrame = (code: number): boolean => code === 0xc0 || code === 0xc1 || code === 0xc2;

/** The units between two restarts; decoders refuse a segment of another length. */
function readInterval(data: Buffer): number {
  if (data.length !== 2) throw damagedHeader();
  return data.readUInt16BE(0);
}

/** The low bits that are missing of each coefficient of a component; all are until a scan has it. */
const allBits = 16;
const coefficients = 64;

interface Progress {
  readonly missingBits: Uint8Array;
  nonZero: NonZero | null;
}

/** What was read of a file so far. */
class Reading {
  readonly frame: Frame;
  readonly progress: readonly Progress[];

  constructor(frame: Frame) {
    this.frame = frame;
    this.progress = frame.components.map(() => ({
      missingBits: new Uint8Array(coefficients).fill(allBits),
      nonZero: null,
    }));
  }

  note({ components, from, to, missingBits }: ScanHeader): void {
    const [first, last, missing] = this.frame.isProgressive ? [from, to, missingBits] : [0, coefficients - 1, 0];
    for (const { index } of components) this.progress[index]?.missingBits.fill(missing, first, last + 1);
  }

  get isComplete(): boolean {
    return this.progress.every(({ missingBits }) => missingBits.every((missing) => missing === 0));
  }

  /** The reader of a scan's units, and their number. */
  readerOf(scan: ScanHeader, tables: HuffmanTables): { readonly reader: BlockReader; readonly units: number } {
    const [only, second] = scan.components;
    const component = this.frame.components[only?.index ?? 0];
    const progress = this.progress[only?.index ?? 0];
    if (!only || !component || !progress) throw incomplete();
    const units = second ? this.frame.units : component.blocks;
    // a scan of one component goes over its blocks one by one, whatever its sampling
    const perBlock = <Item>(make: (part: (typeof scan.components)[number]) => Item): Item[] =>
      scan.components.flatMap((part) => {
        const count = second ? (this.frame.components[part.index]?.blocksPerUnit ?? 1) : 1;
        return Array<Item>(count).fill(make(part));
      });
    if (!this.frame.isProgressive) {
      const blocks = perBlock(({ dcTable, acTable }) => ({ dc: tables.dc(dcTable), ac: tables.ac(acTable) }));
      return { reader: new SequentialBlocks(blocks), units };
    }
    if (scan.from === 0) {
      const reader = scan.isRefinement
        ? new DcRefinement(perBlock(() => 1).length)
        : new DcFirst(perBlock(({ dcTable }) => tables.dc(dcTable)));
      return { reader, units };
    }
    progress.nonZero ??= new NonZero(component.blocks);
    const Kind = scan.isRefinement ? AcRefinement : AcFirst;
    return { reader: new Kind(tables.ac(only.acTable), scan, progress.nonZero), units };
  }
}

/** Reads units up to the number; the data must have them all. */
async function readUnits(data: ScanData, reader: BlockReader, end: number): Promise<void> {
  for (;;) {
    while (!data.advance()) await data.load();
    data.position = reader.read(data.bits, data.position, data.limit, end);
    if (data.isLast && (data.isOverrun || reader.done < end)) throw incomplete();
    if (reader.done === end) return;
  }
}

/** @param interval The units between two restarts, or 0 if there are none. */
async function readData(data: ScanData, reader: BlockReader, units: number, interval: number): Promise<void> {
  while (reader.done < units) {
    const end = interval === 0 ? units : Math.min(units, reader.done + interval);
    await readUnits(data, reader, end);
    if (end === units) return;
    while (!data.skipToMarker()) await data.load();
    if (!data.passRestart()) throw incomplete();
    reader.restart();
  }
}

interface Check {
  /** Whether the data of the scans are read. If not, each scan is assumed to be whole. */
  readonly readsData: boolean;
}

/** Decoders shrink by as much at most while they load. */
const largestShrink = 8;

/**
 * Checks that a JPEG has the data of every pixel that its header promises. Decoders fill what is missing with grey, or blur it in a
 * progressive file. They only warn of it, and of harmless oddities as well. So the codes of the scans are counted here (ITU-T T.81,
 * annexes F and G); none is turned into pixels.
 * @returns whether a decoder has read all of the data when it has returned the last row, however much it shrinks. Of a file with a
 *   single scan, it leaves out the last rows if they are less than one of its own.
 * @throws {CorruptImageError} {@link UnsupportedImageError} {@link TooManyPixelsError}
 */
export async function checkWholeJpeg(
  window: FileWindow,
  limits: ContainerLimits,
  { readsData }: Check,
): Promise<boolean> {
  const tables = new HuffmanTables();
  let reading: Reading | null = null;
  let interval = 0;
  let scans = 0;
  for await (const { code, dataStart, end } of jpegSegments(window, limits)) {
    const kind = exotic[code];
    if (kind) throw new UnsupportedImageError(kind);
    const read = (): Promise<Buffer> => window.copy(dataStart, Math.max(dataStart, end));
    if (code === jpegCode.huffmanTables) {
      // thousands of tables may be in each of hundreds of segments
      await setImmediate();
      tables.define(await read());
    } else if (code === jpegCode.restartInterval) interval = readInterval(await read());
    else if (isFrame(code)) {
      if (reading) throw damagedHeader();
      const frame = readFrame(await read(), code === jpegCode.progressiveFrame);
      checkExtent({ ...frame, frameCount: 1 }, limits);
      reading = new Reading(frame);
    } else if (code === jpegCode.startOfScan) {
      if (!reading) throw damagedHeader();
      const { isProgressive, components, lastRows } = reading.frame;
      const scan = readScan(await read(), reading.frame);
      scans += 1;
      if (scans === 1 && !isProgressive) tables.addStandard();
      if (readsData) {
        const { reader, units } = reading.readerOf(scan, tables);
        await readData(new ScanData(window, end), reader, units, interval);
      }
      reading.note(scan);
      // decoders look at nothing behind such a scan
      if (scans === 1 && !isProgressive && scan.components.length === components.length) {
        return lastRows >= largestShrink;
      }
    }
  }
  if (!reading?.isComplete) throw incomplete();
  // what has more scans is decoded from all of them
  return true;
}
