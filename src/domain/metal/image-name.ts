import type { MetalProblem } from './metal-problem.js';
import { type MetalVersion, parseVersion } from './version.js';

/** What a metal image's id says: `ubuntu-small-19.04` is version 19.4.0 of ubuntu-small. */
export interface ImageName {
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
