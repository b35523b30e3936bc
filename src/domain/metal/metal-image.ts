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

/** The version of a metal image; each number is an unsigned integer of 64 bits. */
export interface MetalVersion {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
}

const maxNumber = 2n ** 64n - 1n;

/** Counts digits first: numbers of a million digits would hold up everybody. */
const isTooLarge = (digits: string): boolean =>
  digits.replace(/^0+/, '').length > maxNumber.toString().length || BigInt(digits) > maxNumber;

/** The lenient grammar: `v` and leading zeros are dropped, absent numbers are 0, and what follows a `+` says nothing. */
const grammar = /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:\+[0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*)?$/;

/** The version that a text contains, or what is wrong with the text. */
export const parseVersion = (text: string): MetalVersion | { readonly fault: MetalProblem } => {
  const [, ...runs] = grammar.exec(text) ?? [];
  const [major, minor = '0', patch = '0'] = runs;
  if (major === undefined) return { fault: { kind: 'malformed-version', value: text } };
  const tooLarge = [major, minor, patch].find(isTooLarge);
  if (tooLarge) return { fault: { kind: 'number-out-of-range', value: tooLarge } };
  return { major: BigInt(major), minor: BigInt(minor), patch: BigInt(patch) };
};

/** The normalised text, such as `19.4.0`. */
export const formatVersion = ({ major, minor, patch }: MetalVersion): string => `${major}.${minor}.${patch}`;

/** The version whose normalised text this is, and undefined for every other text: `19.4.0` names one, `19.04` does not. */
export const versionOfNormalised = (text: string): MetalVersion | undefined => {
  const version = parseVersion(text);
  return 'fault' in version || formatVersion(version) !== text ? undefined : version;
};

/**
 * The numbers that a version has to share with the wanted one, as the vendor resolves a short id: with a patch it is that version
 * and no other, else any patch of the same major and minor. `0.0` matches every version, as in the vendor's semver library.
 */
export const acceptedFor = (wanted: MetalVersion): Partial<MetalVersion> => {
  const { major, minor, patch } = wanted;
  if (patch > 0n) return wanted;
  return major === 0n && minor === 0n ? {} : { major, minor };
};

/** What a metal image's id says: `ubuntu-small-19.04` is version 19.4.0 of ubuntu-small. */
interface ImageName {
  readonly os: string;
  readonly version: MetalVersion;
}

/** Splits an id at its last dash, or returns what is wrong with it. */
export const parseImageName = (id: string): ImageName | { readonly fault: MetalProblem } => {
  const dash = id.lastIndexOf('-');
  if (dash === -1) return { fault: { kind: 'no-version', value: id } };
  const version = parseVersion(id.slice(dash + 1));
  return 'fault' in version ? version : { os: id.slice(0, dash), version };
};

/** What is wrong with a value of a metal image, for transports that have words of their own for it. */
export interface MetalProblem {
  readonly kind:
    | 'empty-id'
    | 'empty-url'
    | 'unknown-feature'
    | 'unknown-classification'
    | 'no-version'
    | 'malformed-version'
    | 'number-out-of-range'
    | 'not-accessible';
  /** The part of the input that is wrong; of a URL that cannot be fetched, the reason. */
  readonly value: string;
}
