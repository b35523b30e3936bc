/** From stored values of 0 to 1 to light of 0 to 1. */
type Curve = (value: number) => number;

/** A profile without tables of colours: a curve for each channel, and what full red, green and blue are in XYZ (D50). */
export interface MatrixProfile {
  /** One of grey, or three. */
  readonly curves: readonly Curve[];
  /** Rows of X, Y and Z; null for grey. */
  readonly toXyz: readonly (readonly [red: number, green: number, blue: number])[] | null;
}

/** The data of a tag by its name (ICC.1, section 7.3), or null if there is none. */
function tagOf(profile: Buffer, name: string): Buffer | null {
  const count = Math.min(profile.readUInt32BE(128), 200);
  for (let at = 132; at < 132 + 12 * count && at + 12 <= profile.length; at += 12) {
    if (profile.toString('latin1', at, at + 4) !== name) continue;
    const start = profile.readUInt32BE(at + 4);
    const end = start + profile.readUInt32BE(at + 8);
    return end <= profile.length && end - start >= 12 ? profile.subarray(start, end) : null;
  }
  return null;
}

const fixedAt = (tag: Buffer, offset: number): number => tag.readInt32BE(offset) / 65_536;

/** ICC.1, section 10.6: nothing, an exponent, or samples at equal distances. */
function readSampledCurve(tag: Buffer): Curve | null {
  const count = tag.readUInt32BE(8);
  if (count === 0) return (value) => value;
  if (tag.length < 12 + 2 * count) return null;
  if (count === 1) {
    const gamma = tag.readUInt16BE(12) / 256;
    return (value) => value ** gamma;
  }
  return (value) => {
    const position = value * (count - 1);
    const below = Math.min(count - 2, Math.floor(position));
    const [from, to] = [tag.readUInt16BE(12 + 2 * below), tag.readUInt16BE(14 + 2 * below)];
    return (from + (to - from) * (position - below)) / 65_535;
  };
}

/** By function type of ICC.1, section 10.18: how many parameters there are. */
const parameterCounts: readonly number[] = [1, 3, 4, 5, 7];

function readParametricCurve(tag: Buffer): Curve | null {
  const type = tag.readUInt16BE(8);
  const count = parameterCounts[type];
  if (count === undefined || tag.length < 12 + 4 * count) return null;
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from({ length: count }, (_, index) =>
    fixedAt(tag, 12 + 4 * index),
  );
  const power = (value: number): number => Math.max(0, a * value + b) ** g;
  const curves: readonly Curve[] = [
    (value) => value ** g,
    (value) => (a * value + b >= 0 ? power(value) : 0),
    (value) => (a * value + b >= 0 ? power(value) + c : c),
    (value) => (value >= d ? power(value) : c * value),
    (value) => (value >= d ? power(value) + e : c * value + f),
  ];
  return curves[type] ?? null;
}

function readCurve(profile: Buffer, name: string): Curve | null {
  const tag = tagOf(profile, name);
  const type = tag?.toString('latin1', 0, 4);
  if (!tag || (type !== 'curv' && type !== 'para')) return null;
  return type === 'curv' ? readSampledCurve(tag) : readParametricCurve(tag);
}

function readXyz(profile: Buffer, name: string): readonly [number, number, number] | null {
  const tag = tagOf(profile, name);
  if (!tag || tag.length < 20) return null;
  return [fixedAt(tag, 8), fixedAt(tag, 12), fixedAt(tag, 16)];
}

/** Reads a profile of RGB or grey; null if it has tables of colours, which come before curves and matrix, or lacks a part. */
export function readMatrixProfile(profile: Buffer): MatrixProfile | null {
  if (tagOf(profile, 'A2B0') || profile.toString('latin1', 20, 24) !== 'XYZ ') return null;
  if (profile.toString('latin1', 16, 20) === 'GRAY') {
    const curve = readCurve(profile, 'kTRC');
    return curve && { curves: [curve], toXyz: null };
  }
  const [r, g, b] = ['rTRC', 'gTRC', 'bTRC'].map((name) => readCurve(profile, name));
  const [red, green, blue] = ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => readXyz(profile, name));
  if (!r || !g || !b || !red || !green || !blue) return null;
  const toXyz = [0, 1, 2].map((row) => [red[row] ?? 0, green[row] ?? 0, blue[row] ?? 0] as const);
  return { curves: [r, g, b], toXyz };
}
