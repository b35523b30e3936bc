import type { MetalProblem } from './metal-problem.js';

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
 * and no other, else any patch of the same major and minor. `0.0` stands for every version, as in the vendor's semver library.
 */
export const acceptedFor = (wanted: MetalVersion): Partial<MetalVersion> => {
  const { major, minor, patch } = wanted;
  if (patch > 0n) return wanted;
  return major === 0n && minor === 0n ? {} : { major, minor };
};
