import type { MetalClassification, MetalFeature, MetalImage, MetalImageUse, MetalVersion } from './metal-image.js';

/** Which metal images are meant: those that meet every condition given, each an exact match. */
export interface MetalImageFilter {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly os?: string | undefined;
  readonly version?: MetalVersion | undefined;
  readonly classification?: MetalClassification | undefined;
  /** The image has all of them, and maybe more. */
  readonly features?: readonly MetalFeature[] | undefined;
  readonly expired?: boolean | undefined;
}

/** A window on the metal images in the order of their ids. */
export interface MetalImageQuery {
  readonly filter: MetalImageFilter;
  /** When the question is asked, which decides what is expired. */
  readonly now: Date;
  /** Only ids behind this one. */
  readonly after?: string | undefined;
  /** Only ids before this one. */
  readonly before?: string | undefined;
  /** The first images of what remains, or the last; both come in the order of their ids. */
  readonly take: 'first' | 'last';
  /** Absent for all of them. */
  readonly limit?: number | undefined;
}

/** Versions of one operating system: those that have the numbers given. */
export interface MetalImageMatch {
  readonly os: string;
  readonly version: Partial<MetalVersion>;
}

/** The metal images and the machines on them; each method is one SELECT. */
export interface MetalReader {
  imagesById(ids: readonly string[]): Promise<MetalImage[]>;
  images(query: MetalImageQuery): Promise<MetalImage[]>;
  countImages(filter: MetalImageFilter, now: Date): Promise<number>;
  /** All that match, the highest version first; of equal versions the id that sorts last comes first. */
  matching(match: MetalImageMatch): Promise<MetalImage[]>;
  /** The first of {@link matching}; given a time, the first that is not expired then. */
  latest(match: MetalImageMatch, unexpiredAt?: Date): Promise<MetalImage | null>;
  /**
   * The images that are expired and that no machine uses, but for the first of each operating system: by operating system, and
   * then as {@link matching} has them.
   */
  orphans(now: Date): Promise<MetalImage[]>;
  /** Which machines use the images, in the order of the machines' ids. */
  usesOf(imageIds: readonly string[]): Promise<MetalImageUse[]>;
}

/** The columns of a metal image that may change after it was made. */
export type MetalImageColumns = Partial<
  Pick<MetalImage, 'name' | 'description' | 'url' | 'features' | 'classification' | 'expirationDate' | 'changed'>
>;

/** Reads and writes of metal images within a transaction. */
export interface MetalWriter extends MetalReader {
  insertImage(image: MetalImage): Promise<void>;
  /** Writes the given columns of an image as it was read, and raises its revision. */
  updateImage(before: MetalImage, change: MetalImageColumns): Promise<MetalImage>;
  /** Deletes an image that no machine uses, as it was read. */
  deleteImage(image: MetalImage): Promise<void>;
  /** Deletes what {@link orphans} returns, and returns it. */
  deleteOrphans(now: Date): Promise<MetalImage[]>;
  /** Sets the image that a machine runs on, and replaces the former one. */
  saveUse(use: MetalImageUse): Promise<void>;
  /** Deletes the use of a machine and returns the image that it was of; null if there was none. */
  deleteUse(machineId: string): Promise<string | null>;
}

/** Asks whether something is served under a URL. */
export interface UrlProbe {
  /** What is wrong with the URL, in the vendor's words; undefined if it responds. */
  faultOf(url: string): Promise<string | undefined>;
}
