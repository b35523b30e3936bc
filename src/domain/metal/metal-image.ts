import type { MetalVersion } from './version.js';

/** What a metal image may be installed on. */
export const metalFeatures = ['machine', 'firewall'] as const;
export type MetalFeature = (typeof metalFeatures)[number];

/** How far a metal image is in its life; it informs people, and no rule acts on it. */
export const metalClassifications = ['preview', 'supported', 'deprecated'] as const;
export type MetalClassification = (typeof metalClassifications)[number];

/** An operating-system image for bare-metal machines. Its bytes are elsewhere, under its URL. */
export interface MetalImage {
  /** The vendor's id, such as `ubuntu-24.4.20260101`, exactly as it was given. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly url: string;
  /** Each once, in the order of {@link metalFeatures}. */
  readonly features: readonly MetalFeature[];
  readonly classification: MetalClassification;
  /** When the image expires. */
  readonly expirationDate: Date;
  /** What the id says before its last dash; it never changes. */
  readonly os: string;
  /** What the id says behind its last dash; it never changes. */
  readonly version: MetalVersion;
  readonly created: Date;
  readonly changed: Date;
  /** Rises with every change: two of them can fall in one millisecond. */
  readonly revision: number;
}

/** A machine and the image that it runs on. */
export interface MetalImageUse {
  readonly machineId: string;
  readonly imageId: string;
}
