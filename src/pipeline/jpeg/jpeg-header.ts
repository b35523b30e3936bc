import { CorruptImageError } from '../../domain/errors.js';
import { HuffmanTable } from './huffman-table.js';

/**
 * The Huffman tables that a decoder uses for a file without any, as the frames of a Motion JPEG are (ITU-T T.81, annex K.3): the data
 * of one DHT segment.
 */
const standardTables = Buffer.from(
  'AAABBQEBAQEBAQAAAAAAAAAAAQIDBAUGBwgJCgsQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYX' +
    'GBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TF' +
    'xsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+gEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoLEQACAQIEBAMEBwUEBAABAncAAQIDEQQF' +
    'ITEGEkFRB2FxEyIygQgUQpGhscEJIzNS8BVictEKFiQ04SXxFxgZGiYnKCkqNTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqCg4SF' +
    'hoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri4+Tl5ufo6ery8/T19vf4+fo=',
  'base64',
);

const blockSide = 8;
const damaged = (): CorruptImageError => new CorruptImageError('its header is damaged');

interface Component {
  readonly id: number;
  /** Its blocks of 8 x 8 in a unit of an interleaved scan. */
  readonly blocksPerUnit: number;
  /** Its blocks in all, in a scan of its own. */
  readonly blocks: number;
}

/** What a start of frame says (ITU-T T.81, B.2.2). */
export interface Frame {
  readonly isProgressive: boolean;
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
  /** The units of an interleaved scan: the blocks of all components that cover the same area. */
  readonly units: number;
  /** How many rows of pixels the last row of units has. */
  readonly lastRows: number;
}

export function readFrame(data: Buffer, isProgressive: boolean): Frame {
  if (data.length < 6) throw damaged();
  const [height, width, count = 0] = [data.readUInt16BE(1), data.readUInt16BE(3), data[5]];
  const parts = Array.from({ length: count }, (_, index) => data.subarray(6 + 3 * index, 9 + 3 * index));
  const sides = parts.map(([id = 0, factors = 0]) => ({ id, across: factors >> 4, down: factors & 15 }));
  if (
    width * height * count === 0 ||
    sides.some(({ across, down }) => across < 1 || across > 4 || down < 1 || down > 4)
  ) {
    throw damaged();
  }
  const most = {
    across: Math.max(...sides.map((side) => side.across)),
    down: Math.max(...sides.map((side) => side.down)),
  };
  const along = (pixels: number, part: number, whole: number): number =>
    Math.ceil((pixels * part) / (whole * blockSide));
  return {
    isProgressive,
    width,
    height,
    units: along(width, 1, most.across) * along(height, 1, most.down),
    lastRows: height - (along(height, 1, most.down) - 1) * most.down * blockSide,
    components: sides.map(({ id, across, down }) => ({
      id,
      blocksPerUnit: across * down,
      blocks: along(width, across, most.across) * along(height, down, most.down),
    })),
  };
}

interface ScanComponent {
  readonly index: number;
  readonly dcTable: number;
  readonly acTable: number;
}

/** What a start of scan says (ITU-T T.81, B.2.3). */
export interface ScanHeader {
  readonly components: readonly ScanComponent[];
  /** The coefficients of each block that a progressive scan has. */
  readonly from: number;
  readonly to: number;
  /** How many of their low bits are known only after later scans. */
  readonly missingBits: number;
  readonly isRefinement: boolean;
}

export function readScan(data: Buffer, frame: Frame): ScanHeader {
  const count = data[0] ?? 0;
  const [from = 0, to = 0, bits = 0] = data.subarray(1 + 2 * count);
  const components = Array.from({ length: count }, (_, place) => {
    const [id, tables = 0] = data.subarray(1 + 2 * place, 3 + 2 * place);
    // decoders search for a component from its place in the scan on, so that equal ids are distinguished
    const index = frame.components.findIndex((component, at) => at >= place && component.id === id);
    return { index, dcTable: tables >> 4, acTable: tables & 15 };
  });
  const blocks = components.reduce((sum, { index }) => sum + (frame.components[index]?.blocksPerUnit ?? 0), 0);
  const isOrderly = from === 0 ? to === 0 : from <= to && to < 64 && count === 1;
  if (count < 1 || count > 4 || components.some(({ index }) => index === -1)) throw damaged();
  if ((count > 1 && blocks > 10) || (frame.isProgressive && !isOrderly)) throw damaged();
  return { components, from, to, missingBits: bits & 15, isRefinement: bits >> 4 !== 0 };
}

/** The Huffman tables of a file. Each scan uses the last ones before it. */
export class HuffmanTables {
  readonly #definitions = new Map<number, Uint8Array>();
  readonly #built = new Map<Uint8Array, HuffmanTable>();

  /** Keeps the tables of a DHT segment (ITU-T T.81, B.2.4.2), whose data must stay. They are built if a scan uses them. */
  define(data: Uint8Array): void {
    for (let start = 0; start + 17 <= data.length; ) {
      let end = start + 17;
      for (let length = 1; length <= 16; length++) end += data[start + length] ?? 0;
      if (end > data.length) throw damaged();
      this.#definitions.set(data[start] ?? 0, data.subarray(start + 1, end));
      start = end;
    }
  }

  /** What is missing is set as decoders do before they read the first scan of a sequential file. */
  addStandard(): void {
    const own = new Map(this.#definitions);
    this.define(standardTables);
    for (const [place, definition] of own) this.#definitions.set(place, definition);
  }

  #at(place: number): HuffmanTable {
    const definition = this.#definitions.get(place);
    if (!definition) throw damaged();
    const table = this.#built.get(definition) ?? new HuffmanTable(definition);
    this.#built.set(definition, table);
    return table;
  }

  dc = (index: number): HuffmanTable => this.#at(index);
  ac = (index: number): HuffmanTable => this.#at(0x10 | index);
}
