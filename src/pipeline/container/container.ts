import { TooManyPixelsError } from '../../domain/errors.js';
import type { StoredFormat } from '../../domain/images/image.js';
import type { Limits } from '../../domain/limits.js';
import type { PngTextType } from '../embedded/png-texts.js';

export type ContainerLimits = Pick<
  Limits,
  | 'profileBytes'
  | 'sourceParts'
  | 'sourceScans'
  | 'sourceTiles'
  | 'sourcePixels'
  | 'avifSourcePixels'
  | 'sourceSide'
  | 'sourceFrames'
>;

/** Bytes of a file that a decoder must not see. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  /** The bytes that replace them. */
  readonly replacement: Uint8Array | null;
}

/** A part of a file that may say what the image shows and whose it is. It is read for uploads alone, and by no decoder. */
export interface TextBlock {
  /** EXIF, EXIF as an item of an AVIF, XMP, Photoshop's image resources with IPTC-IIM, or the type of a PNG's text chunk. */
  readonly kind: 'exif' | 'exifItem' | 'xmp' | 'iptc' | PngTextType;
  readonly start: number;
  readonly end: number;
}

/** The text blocks of a file, the first of each kind: there may be thousands. */
export class TextBlocks {
  readonly #blocks = new Map<string, TextBlock>();

  /** @param name What it is the first of, if that is not its kind. */
  note(kind: TextBlock['kind'], start: number, end: number, name: string = kind): void {
    if (!this.#blocks.has(name)) this.#blocks.set(name, { kind, start, end });
  }

  get all(): readonly TextBlock[] {
    return [...this.#blocks.values()];
  }
}

/** The chunks of a PNG that decide its colours (PNG, third edition, section 11), as they are in the file; null for a missing one. */
export interface PngColor {
  readonly bitDepth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colorType: number;
  /** The ICC profile of `iCCP`, inflated. Null also if it is broken or larger than `profileBytes`. */
  readonly profile: Buffer | null;
  /** `gAMA` in 1/100,000: 45,455 is 1/2.2. */
  readonly gamma: number | null;
  /** `cHRM` in 1/100,000: x and y of white, red, green and blue. */
  readonly chromaticities: readonly number[] | null;
  /** The rendering intent of `sRGB`. */
  readonly srgbIntent: number | null;
  /** `cICP`: the code points of ITU-T H.273. */
  readonly codePoints: {
    readonly primaries: number;
    readonly transfer: number;
    readonly matrix: number;
    readonly fullRange: boolean;
  } | null;
}

/** What the structure of a file says, read without a decoder. */
export interface Container {
  readonly format: StoredFormat;
  /** In order of their position, without overlap. None if the file has nothing but what a decoder needs. */
  readonly edits: readonly Edit[];
  /** Null for other formats. */
  readonly pngColor: PngColor | null;
  /** Null if the pixels have 8 bits, or are sRGB. */
  readonly deep: DeepSource | null;
  readonly texts: readonly TextBlock[];
}

/** Pixels that decoders give in 16 bits, with what their colours mean. */
export interface DeepSource {
  readonly space: 'rgb16' | 'grey16';
  /** An ICC profile. */
  readonly profile: Buffer;
}

interface Extent {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
}

/** @throws {TooManyPixelsError} */
export function checkExtent(
  extent: Extent,
  limits: Pick<Limits, 'sourcePixels' | 'sourceSide' | 'sourceFrames'>,
): void {
  const { width, height, frameCount } = extent;
  const fits =
    Math.max(width, height) <= limits.sourceSide &&
    frameCount <= limits.sourceFrames &&
    width * height * frameCount <= limits.sourcePixels;
  if (!fits) throw new TooManyPixelsError(limits, extent);
}
