import { InvalidInputError } from '../errors.js';
import { issueOf } from './metal-image-input.js';
import type { UrlProbe } from './metal-ports.js';

/** @throws {InvalidInputError} if nothing is served under the URL of a metal image. */
export const requireAccessible = async (probe: UrlProbe | undefined, url: string): Promise<void> => {
  const reason = await probe?.faultOf(url);
  if (reason) throw new InvalidInputError([issueOf('url', { kind: 'not-accessible', value: reason })]);
};
