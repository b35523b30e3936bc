import type { Extent } from './read-meta.js';

/** An item as it is written; the first is the primary one. Its id is its index, from 1. */
export interface WrittenItem {
  readonly type: 'av01' | 'grid';
  readonly extents: readonly Extent[];
  /** Whole boxes. */
  readonly properties: readonly { readonly box: Buffer; readonly isEssential: boolean }[];
  readonly references: readonly { readonly type: 'dimg' | 'auxl' | 'prem'; readonly to: readonly number[] }[];
}

const uint = (byteSize: 1 | 2 | 4, ...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(byteSize * values.length);
  for (const [index, value] of values.entries()) bytes.writeUIntBE(value, byteSize * index, byteSize);
  return bytes;
};

export const boxOf = (type: string, ...parts: readonly Buffer[]): Buffer => {
  const size = parts.reduce((sum, { length }) => sum + length, 8);
  return Buffer.concat([uint(4, size), Buffer.from(type, 'latin1'), ...parts]);
};

const fullBox = (type: string, versionAndFlags: number, ...parts: readonly Buffer[]): Buffer =>
  boxOf(type, uint(4, versionAndFlags), ...parts);

/** `iloc` with positions and lengths in the file, of four bytes each. */
const locations = (items: readonly WrittenItem[]): Buffer =>
  fullBox(
    'iloc',
    0,
    uint(1, 0x44, 0),
    uint(2, items.length),
    ...items.flatMap(({ extents }, index) => [
      uint(2, index + 1, 0, extents.length),
      uint(4, ...extents.flatMap(({ start, end }) => [start, end - start])),
    ]),
  );

/** `iprp`, in which each property is once, however many items have it. */
function properties(items: readonly WrittenItem[]): Buffer {
  const indexes = new Map<Buffer, number>();
  const associations = items.map(({ properties: ofItem }, index) => {
    const values = ofItem.map(({ box, isEssential }) => {
      const known = indexes.get(box) ?? indexes.size + 1;
      indexes.set(box, known);
      return known | (isEssential ? 0x8000 : 0);
    });
    return Buffer.concat([uint(2, index + 1), uint(1, values.length), uint(2, ...values)]);
  });
  const ipma = fullBox('ipma', 1, uint(4, items.length), ...associations);
  return boxOf('iprp', boxOf('ipco', ...indexes.keys()), ipma);
}

/** A box `meta` with these items and nothing else. */
export function writeMeta(items: readonly WrittenItem[]): Buffer {
  const handler = fullBox('hdlr', 0, uint(4, 0), Buffer.from('pict', 'latin1'), Buffer.alloc(13));
  // all but the first are hidden: a decoder takes tiles that are not for images of their own
  const entries = items.map(({ type }, index) =>
    fullBox('infe', 0x02000000 + Math.min(index, 1), uint(2, index + 1, 0), Buffer.from(`${type}\0`, 'latin1')),
  );
  const references = items.flatMap((item, index) =>
    item.references.map(({ type, to }) => boxOf(type, uint(2, index + 1, to.length, ...to))),
  );
  return fullBox(
    'meta',
    0,
    handler,
    fullBox('pitm', 0, uint(2, 1)),
    locations(items),
    fullBox('iinf', 0, uint(2, items.length), ...entries),
    ...(references.length > 0 ? [fullBox('iref', 0, ...references)] : []),
    properties(items),
  );
}
