import { InvalidInputError } from '../errors.js';
import type { UrlProbe } from '../metal/metal-ports.js';

/** @throws {InvalidInputError} where nothing is served under the URL of a metal image. */
export const requireAccessible = async (probe: UrlProbe | undefined, imageId: string, url: string): Promise<void> => {
  const fault = await probe?.faultOf(url);
  if (fault) throw InvalidInputError.at(['url'], `image:${imageId} is not accessible under:${url} ${fault}`);
};
