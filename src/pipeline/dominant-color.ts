/** Each channel falls into 16 bins of 16 values. */
const binBits = 4;
const binsPerChannel = 1 << binBits;
const binCount = binsPerChannel ** 3;

const binWidth = 256 / binsPerChannel;

/** How much a pixel may differ in a channel and still resemble a colour: less than from the middle of two bins to their edges. */
const likeness = 12;

/** The mean moves to where most pixels are; it arrives after a few rounds. */
const maxRounds = 8;

type Rgb = readonly [red: number, green: number, blue: number];

const hex = (value: number): string => Math.round(value).toString(16).padStart(2, '0');

const binOf = (red: number, green: number, blue: number): number => {
  const shift = 8 - binBits;
  return ((red >> shift) << (2 * binBits)) | ((green >> shift) << binBits) | (blue >> shift);
};

/** The weights of all pixels by bin: their alpha. */
function countBins(rgba: Uint8Array): Float64Array {
  const weights = new Float64Array(binCount);
  for (let offset = 0; offset + 3 < rgba.length; offset += 4) {
    const bin = binOf(rgba[offset] ?? 0, rgba[offset + 1] ?? 0, rgba[offset + 2] ?? 0);
    weights[bin] = (weights[bin] ?? 0) + (rgba[offset + 3] ?? 0);
  }
  return weights;
}

/** From the bin of a cube's first corner to those of all eight. */
const corners = [0, 1].flatMap((red) =>
  [0, 1].flatMap((green) => [0, 1].map((blue) => (red << (2 * binBits)) | (green << binBits) | blue)),
);

/**
 * The middle of the heaviest cube of two by two by two bins. A colour and its shades may fall on both sides of a bin's edge in each
 * channel, so a single bin may have no more than an eighth of them.
 */
function heaviestCube(weights: Float64Array): Rgb {
  let largest = -1;
  let middle: Rgb = [0, 0, 0];
  const last = binsPerChannel - 1;
  for (let red = 0; red < last; red++) {
    for (let green = 0; green < last; green++) {
      for (let blue = 0; blue < last; blue++) {
        const first = (red << (2 * binBits)) | (green << binBits) | blue;
        let weight = 0;
        for (const corner of corners) weight += weights[first + corner] ?? 0;
        if (weight <= largest) continue;
        largest = weight;
        middle = [binWidth * (red + 1), binWidth * (green + 1), binWidth * (blue + 1)];
      }
    }
  }
  return middle;
}

/** The mean of the pixels that differ from a colour by at most `reach` in a channel, by their alpha; null if none is visible. */
function meanAround(rgba: Uint8Array, [red, green, blue]: Rgb, reach: number): Rgb | null {
  let weight = 0;
  const sums = [0, 0, 0] as [number, number, number];
  for (let offset = 0; offset + 3 < rgba.length; offset += 4) {
    const [r = 0, g = 0, b = 0, alpha = 0] = [rgba[offset], rgba[offset + 1], rgba[offset + 2], rgba[offset + 3]];
    if (Math.abs(r - red) > reach || Math.abs(g - green) > reach || Math.abs(b - blue) > reach) continue;
    weight += alpha;
    sums[0] += alpha * r;
    sums[1] += alpha * g;
    sums[2] += alpha * b;
  }
  return weight === 0 ? null : [sums[0] / weight, sums[1] / weight, sums[2] / weight];
}

/**
 * The mean of the most frequent colours that resemble each other, as `#rrggbb`. A pixel is weighted by its alpha; white if nothing is
 * visible.
 * @param rgba Straight sRGB pixels, four bytes each.
 */
export function dominantColor(rgba: Uint8Array): string {
  let color = meanAround(rgba, heaviestCube(countBins(rgba)), binWidth);
  if (!color) return '#ffffff';
  for (let round = 1; round < maxRounds; round++) {
    const moved: Rgb = meanAround(rgba, color, likeness) ?? color;
    if (moved.every((value, channel) => value === color?.[channel])) break;
    color = moved;
  }
  return `#${color.map(hex).join('')}`;
}
