import { invalidSignature, isSigned, type UrlSigner } from '../delivery/url-signer.js';
import { InvalidInputError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { AccountId, Image } from '../images/image.js';
import type { Limits } from '../limits.js';

interface SignedOriginalsOptions {
  readonly signer: UrlSigner;
  readonly limits: Limits;
  readonly now: () => Date;
}

interface SignedTarget {
  /** Path and query. */
  readonly target: string;
  readonly expiresOn: Date;
}

const hourSeconds = 3_600;

/** The path of the original of an image, for callers that may read it. */
export const originalPathOf = ({ accountId, id }: Image): string => `/accounts/${accountId}/images/${id}/original`;

/** URLs of originals that need no key. They are good for whatever file the image has when they are used. */
export class SignedOriginals {
  constructor(private readonly options: SignedOriginalsOptions) {}

  /**
   * @param expiresIn Seconds; an hour unless given.
   * @throws {InvalidInputError} for a time that is too long, or none.
   */
  sign(caller: Caller, image: Image, expiresIn: number | null | undefined): SignedTarget {
    authorize(caller, 'images.read', image.accountId);
    const { signer, limits, now } = this.options;
    const seconds = expiresIn ?? hourSeconds;
    if (seconds < 1 || seconds > limits.signedUrlSeconds) {
      throw InvalidInputError.at(['expiresIn'], `Accepts a duration from 1 to ${limits.signedUrlSeconds} seconds.`);
    }
    const expiresAt = Math.floor(now().getTime() / 1000) + seconds;
    return {
      target: signer.sign(`${originalPathOf(image)}?exp=${expiresAt}`),
      expiresOn: new Date(1000 * expiresAt),
    };
  }

  /**
   * The caller that a signed URL represents, which may read the originals of the account in its path; undefined for a URL without a
   * signature.
   * @throws {ForbiddenError} if the URL was changed, has expired, or never would.
   */
  callerOf(target: string, accountId: AccountId | undefined, client: string): Caller | undefined {
    const { signer, now } = this.options;
    if (!isSigned(target)) return undefined;
    const opened = signer.open(target, now());
    if (!accountId || !opened?.expiresOn) throw invalidSignature();
    return { keyId: null, accountId, scopes: new Set(['images.read']), client };
  }
}
