import { ForbiddenError, InvalidInputError } from '../errors.js';
import { type Presets, requirePreset } from './presets.js';
import { defaultTransform, type Transform } from './transform/transform.js';
import { formatTransformQuery, parseTransformQuery, type TransformQuery } from './transform/transform-query.js';
import { invalidSignature, isSigned, type UrlSigner } from './url-signer.js';

/** Which transforms a URL without a signature may request: any, only the presets, or none. */
export const transformRules = ['any', 'presets', 'signed'] as const;
export type TransformRule = (typeof transformRules)[number];

interface PolicyOptions {
  readonly rule: TransformRule;
  readonly presets: Presets;
  /** Null if the operator has set no keys, which every rule but `any` needs. */
  readonly signer: UrlSigner | null;
  readonly now: () => Date;
}

/** What the URL of a public image requests, and may request. */
export interface AllowedTransform extends TransformQuery {
  /** Whether the URL names a preset, which the operator may redefine while the URL stays the same. */
  readonly isByName: boolean;
  /** When the URL stops working; null for never. */
  readonly expiresOn: Date | null;
}

/** Decides which transforms of public images may be requested, and writes URLs that may. */
export class TransformPolicy {
  readonly presets: Presets;
  readonly #rule: TransformRule;
  readonly #signer: UrlSigner | null;
  readonly #now: () => Date;
  /** The queries that need no signature while only presets may be requested; the vendors' links have none at all. */
  readonly #named: ReadonlySet<string>;

  constructor({ rule, presets, signer, now }: PolicyOptions) {
    this.presets = presets;
    this.#rule = rule;
    this.#signer = signer;
    this.#now = now;
    const known = [defaultTransform, ...Array.from(presets.values(), ({ transform }) => transform)];
    this.#named = new Set(known.map((transform) => formatTransformQuery(transform)));
  }

  /**
   * Reads the path and query of a request. A signature is verified before anything else is looked at, and whatever is wrong with it
   * has the same error.
   * @throws {ForbiddenError} {@link InvalidInputError}
   */
  read(target: string): AllowedTransform {
    const needsSignature = this.#rule === 'signed' || (this.#signer !== null && isSigned(target));
    const opened = needsSignature ? this.#signer?.open(target, this.#now()) : { target, expiresOn: null };
    if (!opened) throw invalidSignature();
    const asked = this.#parse(queryOf(opened.target));
    if (!needsSignature && !this.#isFree(asked.transform)) {
      const names = [...this.presets.keys()].join(', ');
      throw new ForbiddenError(`Without a signature, this server serves only its presets: ${names}.`);
    }
    return { ...asked, expiresOn: opened.expiresOn };
  }

  /** The path and query at which a transform is served, signed if it has to be. */
  target(path: string, transform: Transform, version: number): string {
    const query = formatTransformQuery(transform, version);
    if (this.#isFree(transform) || !this.#signer) return `${path}?${query}`;
    return this.#signer.sign(`${path}?${query.split('&').sort().join('&')}`);
  }

  /** The same for the path alone, which serves the default transform. */
  targetOfPath(path: string): string {
    return this.#rule === 'signed' && this.#signer ? this.#signer.sign(path) : path;
  }

  #isFree(transform: Transform): boolean {
    return this.#rule === 'any' || (this.#rule === 'presets' && this.#named.has(formatTransformQuery(transform)));
  }

  #parse(query: string): Omit<AllowedTransform, 'expiresOn'> {
    const given = new URLSearchParams(this.presets.size === 0 ? '' : query);
    if (!given.has('preset')) return { ...parseTransformQuery(query), isByName: false };
    const others = [...given.keys()].filter((name) => name !== 'preset' && name !== 'v');
    if (others.length > 0)
      throw InvalidInputError.at(['preset'], 'cannot be combined with other parameters, except for v.');
    const [name = '', ...repeated] = given.getAll('preset');
    if (repeated.length > 0) throw InvalidInputError.at(['preset'], 'must be given once.');
    given.delete('preset');
    const { version } = parseTransformQuery(given.toString());
    return { transform: requirePreset(this.presets, name), version, isByName: true };
  }
}

const queryOf = (target: string): string => {
  const start = target.indexOf('?');
  return start === -1 ? '' : target.slice(start + 1);
};
