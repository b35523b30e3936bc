/** Each channel falls into 16 bins of 16 values. */
const binBits = 4;
const binCount = 1 << (3 * binBits);

const hex = (value: number): string => Math.round(value).toString(16).padStart(2, '0');

/**
 * The mean of the most frequent colours that resemble each other, as `#rrggbb`. A pixel counts by its alpha; white where nothing is
 * visible.
 * @param rgba Straight sRGB pixels, four bytes each.
 */
export function dominantColor(rgba: Uint8Array): string {
  // by bin: the weight of its pixels, then the weighted sums of red, green and blue; pixels are too many for objects
  const sums = new Float64Array(4 * binCount);
  let largest = 0;
  for (let offset = 0; offset + 3 < rgba.length; offset += 4) {
    const red = rgba[offset] ?? 0;
    const green = rgba[offset + 1] ?? 0;
    const blue = rgba[offset + 2] ?? 0;
    const alpha = rgba[offset + 3] ?? 0;
    const shift = 8 - binBits;
    const bin = 4 * (((red >> shift) << (2 * binBits)) | ((green >> shift) << binBits) | (blue >> shift));
    add(sums, bin, alpha);
    add(sums, bin + 1, alpha * red);
    add(sums, bin + 2, alpha * green);
    add(sums, bin + 3, alpha * blue);
  }
  for (let bin = 0; bin < sums.length; bin += 4) if ((sums[bin] ?? 0) > (sums[largest] ?? 0)) largest = bin;
  const [weight = 0, red = 0, green = 0, blue = 0] = sums.subarray(largest, largest + 4);
  if (weight === 0) return '#ffffff';
  return `#${hex(red / weight)}${hex(green / weight)}${hex(blue / weight)}`;
}

const add = (sums: Float64Array, index: number, value: number): void => {
  sums[index] = (sums[index] ?? 0) + value;
};
