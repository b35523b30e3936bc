import sharp, { type Sharp } from 'sharp';

export interface NoiseOptions {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  /** How far single pixels stray, of 255: what the sensor of a camera adds. */
  readonly grain: number;
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
const randomNumbers = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Blotches across the image's longer side, each scale finer and fainter than the one before, as in photographs. */
const scales = [3, 8, 24, 80, 260, 800];

/** An image of noise at several scales: it compresses like a photograph, where white noise would not. */
export const smoothNoise = async ({ width, height, seed, grain }: NoiseOptions): Promise<Sharp> => {
  const random = randomNumbers(seed);
  const sum = new Float32Array(width * height * 3).fill(127);
  for (const [octave, cells] of scales.entries()) {
    const amplitude = 100 / (octave + 1);
    const layer = await blotches(random, cells, width, height);
    for (let index = 0; index < sum.length; index += 1) {
      sum[index] = (sum[index] ?? 0) + (((layer[index] ?? 0) - 127) / 127) * amplitude;
    }
  }
  const pixels = new Uint8ClampedArray(sum.length);
  for (let index = 0; index < sum.length; index += 1) {
    pixels[index] = (sum[index] ?? 0) + (random() - 0.5) * grain;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
};

const blotches = (random: () => number, cells: number, width: number, height: number): Promise<Buffer> => {
  const rows = Math.max(2, Math.round((cells * height) / width));
  const pixels = Uint8Array.from({ length: cells * rows * 3 }, () => random() * 255);
  return sharp(pixels, { raw: { width: cells, height: rows, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
};
