import { CorruptImageError, UnsupportedImageError } from '../../domain/errors.js';
import { type Box, ByteReader, boxesIn, type PartCount } from './boxes.js';

/** Bytes of a file. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** What is said of an item, such as its size. The boxes of items that share one are the same object. */
export interface Property {
  readonly type: string;
  /** The whole box. */
  readonly box: Buffer;
  readonly isEssential: boolean;
}

interface Reference {
  readonly type: string;
  readonly from: number;
  readonly to: readonly number[];
}

/** The items of a HEIF (ISO/IEC 23008-12), of which an AVIF is one. */
export interface Meta {
  readonly primaryId: number;
  /** By the item's id: four characters, or {@link xmpType}. */
  readonly types: ReadonlyMap<number, string>;
  readonly extents: ReadonlyMap<number, readonly Extent[]>;
  readonly properties: ReadonlyMap<number, readonly Property[]>;
  readonly references: readonly Reference[];
}

const damaged = (): CorruptImageError => new CorruptImageError('its header is damaged');

interface FullBox {
  readonly version: number;
  readonly flags: number;
  readonly reader: ByteReader;
}

function openFull(bytes: Buffer, { dataStart, end }: Box): FullBox {
  const reader = new ByteReader(bytes, dataStart, end);
  return { version: reader.uint(1), flags: reader.uint(3), reader };
}

/** The type of an item `mime` that has XMP as it is. */
export const xmpType = 'mime application/rdf+xml';

const xmpContentType = Buffer.from('application/rdf+xml\0', 'latin1');

/**
 * Whether an item `mime` has XMP that is not compressed.
 * @param info What follows its type (ISO/IEC 14496-12, section 8.11.6): its name, its content type and, unless it has none, its encoding,
 *   each ended by a zero. Whatever is there instead is no reason to refuse a file.
 */
function isXmp(info: Buffer): boolean {
  const content = info.subarray(info.indexOf(0) + 1);
  const encoding = content.subarray(xmpContentType.length);
  return content.subarray(0, xmpContentType.length).equals(xmpContentType) && (encoding[0] ?? 0) === 0;
}

/** `iinf`: the type of each item. */
function readTypes(bytes: Buffer, box: Box, parts: PartCount): Map<number, string> {
  const types = new Map<number, string>();
  const { version, reader } = openFull(bytes, box);
  reader.skip(version === 0 ? 2 : 4);
  for (const entry of boxesIn(bytes, reader.at, box.end, parts)) {
    const { version: entryVersion, reader: fields } = openFull(bytes, entry);
    // older versions have no types
    if (entry.type !== 'infe' || entryVersion < 2) continue;
    const id = fields.uint(entryVersion === 2 ? 2 : 4);
    if (fields.uint(2) !== 0) throw new UnsupportedImageError('protected AVIF');
    if (types.has(id)) throw damaged();
    const type = fields.text(4);
    types.set(id, type === 'mime' && isXmp(bytes.subarray(fields.at, entry.end)) ? xmpType : type);
  }
  return types;
}

interface Place {
  readonly construction: number;
  readonly parts: readonly { readonly offset: number; readonly length: number }[];
}

/** `iloc`: where the bytes of each item are. */
function readPlaces(bytes: Buffer, box: Box, parts: PartCount): Map<number, Place> {
  const places = new Map<number, Place>();
  const { version, reader } = openFull(bytes, box);
  const [first, second] = [reader.uint(1), reader.uint(1)];
  const sizes = { offset: first >> 4, length: first & 15, base: second >> 4, index: version === 0 ? 0 : second & 15 };
  if (version > 2 || !Object.values(sizes).every((size) => [0, 4, 8].includes(size))) throw damaged();
  for (let left = reader.uint(version < 2 ? 2 : 4); left > 0; left -= 1) {
    parts.add();
    const id = reader.uint(version < 2 ? 2 : 4);
    const construction = version === 0 ? 0 : reader.uint(2) & 15;
    // other files
    if (reader.uint(2) !== 0) throw damaged();
    const base = reader.uint(sizes.base);
    const extents = [];
    for (let extentsLeft = reader.uint(2); extentsLeft > 0; extentsLeft -= 1) {
      parts.add();
      reader.skip(sizes.index);
      extents.push({ offset: base + reader.uint(sizes.offset), length: reader.uint(sizes.length) });
    }
    if (places.has(id)) throw damaged();
    places.set(id, { construction, parts: extents });
  }
  return places;
}

/** `iprp`: the properties, and which items they belong to. */
function readProperties(bytes: Buffer, box: Box, parts: PartCount): Map<number, Property[]> {
  const known: Pick<Property, 'type' | 'box'>[] = [];
  const found = new Map<number, Property[]>();
  for (const child of boxesIn(bytes, box.dataStart, box.end, parts)) {
    if (child.type === 'ipco') {
      for (const { type, start, end } of boxesIn(bytes, child.dataStart, child.end, parts)) {
        known.push({ type, box: bytes.subarray(start, end) });
      }
    }
    if (child.type !== 'ipma') continue;
    const { version, flags, reader } = openFull(bytes, child);
    for (let left = reader.uint(4); left > 0; left -= 1) {
      parts.add();
      const id = reader.uint(version === 0 ? 2 : 4);
      const ofItem = found.get(id) ?? [];
      found.set(id, ofItem);
      for (let associations = reader.uint(1); associations > 0; associations -= 1) {
        parts.add();
        const [value, flag] = (flags & 1) === 0 ? [reader.uint(1), 0x80] : [reader.uint(2), 0x8000];
        const index = value & (flag - 1);
        const property = known[index - 1];
        if (property) ofItem.push({ ...property, isEssential: (value & flag) !== 0 });
        else if (index > 0) throw damaged();
      }
    }
  }
  return found;
}

/** `iref`: which items are made of others. */
function readReferences(bytes: Buffer, box: Box, parts: PartCount): Reference[] {
  const { version, reader } = openFull(bytes, box);
  const idBytes = version === 0 ? 2 : 4;
  return Array.from(boxesIn(bytes, reader.at, box.end, parts), ({ type, dataStart, end }) => {
    const fields = new ByteReader(bytes, dataStart, end);
    const from = fields.uint(idBytes);
    const to: number[] = [];
    for (let left = fields.uint(2); left > 0; left -= 1) {
      parts.add();
      to.push(fields.uint(idBytes));
    }
    return { type, from, to };
  });
}

/** Where an item's bytes are in the file, if all of them are in it. */
function extentsOf({ construction, parts }: Place, fileBytes: number, data: Extent | null): readonly Extent[] {
  const area = construction === 0 ? { start: 0, end: fileBytes } : construction === 1 ? data : null;
  // the second is in the box `idat`; a third way would be in other items
  if (!area) throw damaged();
  return parts.map(({ offset, length }) => {
    const start = area.start + offset;
    // a length of 0 is all that follows
    const end = length === 0 ? area.end : start + length;
    if (start > area.end || end > area.end) throw new CorruptImageError('it ends too early');
    return { start, end };
  });
}

/**
 * Reads the box `meta` of a HEIF.
 * @param bytes The box.
 * @param start Where it is in the file.
 * @throws {CorruptImageError} also if an item is not within the file; {@link UnsupportedImageError}
 */
export function readMeta(bytes: Buffer, start: number, fileBytes: number, parts: PartCount): Meta {
  const [whole] = boxesIn(bytes, 0, bytes.length, parts);
  const boxes = new Map<string, Box>();
  const { dataStart } = whole ?? { dataStart: 0 };
  for (const box of boxesIn(bytes, dataStart + 4, bytes.length, parts)) {
    if (!boxes.has(box.type)) boxes.set(box.type, box);
  }
  const required = (type: string): Box => {
    const box = boxes.get(type);
    if (!box) throw damaged();
    return box;
  };
  const { version, reader } = openFull(bytes, required('pitm'));
  const idat = boxes.get('idat');
  const data = idat ? { start: start + idat.dataStart, end: start + idat.end } : null;
  const iref = boxes.get('iref');
  const extents = new Map<number, readonly Extent[]>();
  for (const [id, place] of readPlaces(bytes, required('iloc'), parts)) {
    // of other kinds the decoder sees nothing
    if (place.construction <= 1) extents.set(id, extentsOf(place, fileBytes, data));
  }
  return {
    primaryId: reader.uint(version === 0 ? 2 : 4),
    types: readTypes(bytes, required('iinf'), parts),
    extents,
    properties: readProperties(bytes, required('iprp'), parts),
    references: iref ? readReferences(bytes, iref, parts) : [],
  };
}
