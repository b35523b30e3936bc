/** x and y in the CIE 1931 diagram. */
export type Chromaticity = readonly [x: number, y: number];

export interface Primaries {
  readonly white: Chromaticity;
  readonly red: Chromaticity;
  readonly green: Chromaticity;
  readonly blue: Chromaticity;
}

/**
 * From stored values to light, both 0 to 1: `value ** gamma`, or in two parts as ICC.1 section 10.18 has them in its function type 3,
 * `(a value + b) ** gamma` from `d` on and `c value` below.
 */
export interface TransferCurve {
  readonly gamma: number;
  readonly parts?: { readonly a: number; readonly b: number; readonly c: number; readonly d: number };
}

type Vector = readonly [number, number, number];
type Matrix = readonly [Vector, Vector, Vector];

/** The white of the profile connection space (ICC.1, section 7.2.16). */
const d50: Vector = [0.9642, 1, 0.8249];

/** The cone responses of the Bradford adaptation (ICC.1, annex E). */
const bradford: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const apply = (matrix: Matrix, vector: Vector): Vector => [
  dot(matrix[0], vector),
  dot(matrix[1], vector),
  dot(matrix[2], vector),
];
const cross = ([a, b, c]: Vector, [d, e, f]: Vector): Vector => [b * f - c * e, c * d - a * f, a * e - b * d];
const transpose = ([a, b, c]: Matrix): Matrix => [
  [a[0], b[0], c[0]],
  [a[1], b[1], c[1]],
  [a[2], b[2], c[2]],
];

/** The inverse, or null if there is none to speak of. */
function inverse([a, b, c]: Matrix): Matrix | null {
  const determinant = dot(a, cross(b, c));
  if (!(Math.abs(determinant) > 1e-6)) return null;
  const scaled = (vector: Vector): Vector => [
    vector[0] / determinant,
    vector[1] / determinant,
    vector[2] / determinant,
  ];
  return transpose([scaled(cross(b, c)), scaled(cross(c, a)), scaled(cross(a, b))]);
}

const toXyz = ([x, y]: Chromaticity): Vector => [x / y, 1, (1 - x - y) / y];

/** The XYZ of full red, green and blue, adapted to D50; null if the primaries are no triangle. */
function colorants({ white, red, green, blue }: Primaries): readonly Vector[] | null {
  const points: Matrix = [toXyz(red), toXyz(green), toXyz(blue)];
  const toAmounts = inverse(transpose(points));
  const toCones = inverse(bradford);
  if (!toAmounts || !toCones) return null;
  const amounts = apply(toAmounts, toXyz(white));
  const [from, to] = [apply(bradford, toXyz(white)), apply(bradford, d50)];
  const adapted = ([x, y, z]: Vector, amount: number): Vector => {
    const cones = apply(bradford, [x * amount, y * amount, z * amount]);
    return apply(toCones, [(cones[0] * to[0]) / from[0], (cones[1] * to[1]) / from[1], (cones[2] * to[2]) / from[2]]);
  };
  const result = [adapted(points[0], amounts[0]), adapted(points[1], amounts[1]), adapted(points[2], amounts[2])];
  return result.flat().every((value) => Math.abs(value) < 4) ? result : null;
}

/** ICC.1, section 4.6: a sign, 15 bits, and 16 bits behind the point. */
function fixed(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65_536), 4 * index);
  return bytes;
}

const tagData = (type: string, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(`${type}\0\0\0\0`, 'latin1'), ...parts]);

const xyzTag = (vector: Vector): Buffer => tagData('XYZ ', fixed(...vector));

function curveTag({ gamma, parts }: TransferCurve): Buffer {
  if (!parts) return tagData('para', Buffer.from([0, 0, 0, 0]), fixed(gamma));
  return tagData('para', Buffer.from([0, 3, 0, 0]), fixed(gamma, parts.a, parts.b, parts.c, parts.d));
}

/** A text of one language, which a profile has to have. */
function textTag(text: string): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(1, 0);
  head.writeUInt32BE(12, 4);
  head.write('enUS', 8, 'latin1');
  head.writeUInt32BE(2 * text.length, 12);
  head.writeUInt32BE(28, 16);
  return tagData('mluc', head, Buffer.from(text, 'utf16le').swap16());
}

/** ICC.1:2010 (version 4.3), section 7: a header, a table of tags, and their data, each from a multiple of 4 on. */
function profileOf(space: 'RGB ' | 'GRAY', tags: readonly (readonly [name: string, data: Buffer])[]): Buffer {
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length, 0);
  const data: Buffer[] = [];
  let offset = 128 + table.length;
  for (const [index, [name, tag]] of tags.entries()) {
    table.write(name, 4 + 12 * index, 'latin1');
    table.writeUInt32BE(offset, 8 + 12 * index);
    table.writeUInt32BE(tag.length, 12 + 12 * index);
    const padded = Buffer.concat([tag, Buffer.alloc((4 - (tag.length % 4)) % 4)]);
    data.push(padded);
    offset += padded.length;
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(offset, 0);
  header.writeUInt32BE(0x04300000, 8);
  header.write(`mntr${space}XYZ `, 12, 'latin1');
  // the date of the specification, so that the profile is always the same
  header.writeUInt16BE(2010, 24);
  header.writeUInt16BE(12, 26);
  header.writeUInt16BE(1, 28);
  header.write('acsp', 36, 'latin1');
  fixed(...d50).copy(header, 68);
  return Buffer.concat([header, table, ...data]);
}

/** The profile of grey with a curve. */
export const greyProfile = (curve: TransferCurve): Buffer =>
  profileOf('GRAY', [
    ['desc', textTag('grey')],
    ['cprt', textTag('none')],
    ['wtpt', xyzTag(d50)],
    ['kTRC', curveTag(curve)],
  ]);

/** The profile of colours with these primaries and a curve; null if the primaries are impossible. */
export function rgbProfile(primaries: Primaries, curve: TransferCurve): Buffer | null {
  const [red, green, blue] = colorants(primaries) ?? [];
  if (!red || !green || !blue) return null;
  const trc = curveTag(curve);
  return profileOf('RGB ', [
    ['desc', textTag('rgb')],
    ['cprt', textTag('none')],
    ['wtpt', xyzTag(d50)],
    ['rXYZ', xyzTag(red)],
    ['gXYZ', xyzTag(green)],
    ['bXYZ', xyzTag(blue)],
    ['rTRC', trc],
    ['gTRC', trc],
    ['bTRC', trc],
  ]);
}

/** ICC.1, section 7.2: its length, the colours that it is for, and its signature. A profile of other colours is ignored. */
export const isProfileOf = (profile: Buffer, space: 'RGB ' | 'GRAY'): boolean =>
  profile.length >= 132 &&
  profile.readUInt32BE(0) <= profile.length &&
  profile.toString('latin1', 16, 20) === space &&
  profile.toString('latin1', 36, 40) === 'acsp';
