import type { MetalClassification, MetalFeature } from './metal-image.js';
import type { MetalVersion } from './version.js';

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
