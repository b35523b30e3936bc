import type { AccountId, Fingerprint, Image, ImageId } from '../images/image.js';

/** Which images to find. */
export interface SimilarQuery {
  readonly accountId: AccountId;
  readonly fingerprint: Fingerprint;
  /** In how many of 64 bits the hashes may differ. */
  readonly maxDistance: number;
  /** The image itself. */
  readonly except: ImageId;
  readonly limit: number;
}

export interface SimilarImage {
  readonly image: Image;
  /** In how many of 64 bits the nearest of the hashes compared differ. */
  readonly distance: number;
}
