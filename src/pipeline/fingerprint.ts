import type { Fingerprint } from '../domain/images/image.js';
import { encodeFingerprint, fingerprintSide, hasEnoughDetail } from '../domain/similar/image-hash.js';

/** The luminance is averaged to this many squares along each side, whatever the aspect ratio. */
const side = 32;

/** What is behind transparent pixels: as near to white as to black, as nobody knows what they are shown on. */
const backdrop = 128;

/** Waves of each frequency over a side, so weighted that a sum of products is the wave's strength. */
const waves = Array.from({ length: fingerprintSide }, (_, frequency) =>
  Float64Array.from(
    { length: side },
    (_unused, at) => ((frequency === 0 ? 1 : 2) / side) * Math.cos(((2 * at + 1) * frequency * Math.PI) / (2 * side)),
  ),
);

/**
 * The fingerprint of an image, or null if it has too little detail to be distinguished from others.
 * @param thumbnail Straight sRGB pixels, four bytes each, row by row.
 */
export function fingerprintOf(thumbnail: {
  readonly rgba: Uint8Array;
  readonly width: number;
  readonly height: number;
}): Fingerprint | null {
  const strengths = strengthsOf(averages(thumbnail));
  return hasEnoughDetail(strengths) ? encodeFingerprint(strengths) : null;
}

/** The mean luminance in each of the squares. */
function averages(thumbnail: Parameters<typeof fingerprintOf>[0]): Float64Array {
  const { width, height } = thumbnail;
  const pixels = luminances(thumbnail);
  const narrow = new Float64Array(side * height);
  for (let x = 0; x < width; x++) {
    spread(x, width, (square, share) => {
      for (let y = 0; y < height; y++) {
        narrow[y * side + square] = (narrow[y * side + square] ?? 0) + (pixels[y * width + x] ?? 0) * share;
      }
    });
  }
  const squares = new Float64Array(side * side);
  for (let y = 0; y < height; y++) {
    spread(y, height, (square, share) => {
      for (let x = 0; x < side; x++) {
        squares[square * side + x] = (squares[square * side + x] ?? 0) + (narrow[y * side + x] ?? 0) * share;
      }
    });
  }
  return squares;
}

function luminances({ rgba, width, height }: Parameters<typeof fingerprintOf>[0]): Float64Array {
  const pixels = new Float64Array(width * height);
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const at = 4 * pixel;
    const light = 0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0);
    pixels[pixel] = backdrop + ((light - backdrop) * (rgba[at + 3] ?? 0)) / 255;
  }
  return pixels;
}

/** Divides a pixel among the squares that it covers: the shares of each square are 1 in all. */
function spread(pixel: number, pixels: number, add: (square: number, share: number) => void): void {
  const perPixel = side / pixels;
  const [from, to] = [pixel * perPixel, (pixel + 1) * perPixel];
  for (let square = Math.floor(from); square < Math.min(side, to); square++) {
    const share = Math.min(to, square + 1) - Math.max(from, square);
    if (share > 0) add(square, share);
  }
}

function strengthsOf(squares: Float64Array): Float64Array {
  const strengths = new Float64Array(fingerprintSide ** 2);
  const row = new Float64Array(fingerprintSide);
  for (let y = 0; y < side; y++) {
    for (const [frequency, wave] of waves.entries()) {
      let sum = 0;
      for (let x = 0; x < side; x++) sum += (squares[y * side + x] ?? 0) * (wave[x] ?? 0);
      row[frequency] = sum;
    }
    for (const [down, wave] of waves.entries()) {
      for (let across = 0; across < fingerprintSide; across++) {
        const place = down * fingerprintSide + across;
        strengths[place] = (strengths[place] ?? 0) + (row[across] ?? 0) * (wave[y] ?? 0);
      }
    }
  }
  return strengths;
}
