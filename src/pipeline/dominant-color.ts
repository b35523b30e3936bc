/** Each channel falls into 16 bins of 16 values. */
const binBits = 4;

interface Bin {
  weight: number;
  red: number;
  green: number;
  blue: number;
}

const hex = (value: number): string => Math.round(value).toString(16).padStart(2, '0');

/**
 * The mean of the most frequent colours that resemble each other, as `#rrggbb`. A pixel counts by its alpha; white where nothing is
 * visible.
 * @param rgba Straight sRGB pixels, four bytes each.
 */
export function dominantColor(rgba: Uint8Array): string {
  const bins = new Map<number, Bin>();
  for (let offset = 0; offset + 3 < rgba.length; offset += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = rgba.subarray(offset, offset + 4);
    if (alpha === 0) continue;
    const shift = 8 - binBits;
    const key = ((red >> shift) << (2 * binBits)) | ((green >> shift) << binBits) | (blue >> shift);
    const bin = bins.get(key) ?? { weight: 0, red: 0, green: 0, blue: 0 };
    bin.weight += alpha;
    bin.red += alpha * red;
    bin.green += alpha * green;
    bin.blue += alpha * blue;
    bins.set(key, bin);
  }
  let largest: Bin = { weight: 0, red: 0, green: 0, blue: 0 };
  for (const bin of bins.values()) if (bin.weight > largest.weight) largest = bin;
  if (largest.weight === 0) return '#ffffff';
  const { weight, red, green, blue } = largest;
  return `#${hex(red / weight)}${hex(green / weight)}${hex(blue / weight)}`;
}
