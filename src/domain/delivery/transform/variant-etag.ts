import { createHash } from 'node:crypto';
import type { Sha256 } from '../../images/image.js';
import type { VariantPlan } from './variant-plan.js';

/** Rises whenever the pipeline or its codecs render other bytes from the same plan. */
const pipelineVersion = 4;

const hashBytes = 16;

/** One text for equal plans. What is null is left out, so that a parameter of a later release changes no ETag of plans without it. */
const canonical = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, part]) => part !== null)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    : value;

/**
 * The strong ETag of a variant with its quotes (RFC 9110, section 8.8.3): 128 bits of SHA-256 in base64url. It is known before a
 * byte is read, and the part within the quotes serves as a file name.
 */
export function variantEtag(source: Sha256, plan: VariantPlan): string {
  const hash = createHash('sha256').update(JSON.stringify({ pipelineVersion, source, plan }, canonical)).digest();
  return `"${hash.subarray(0, hashBytes).toString('base64url')}"`;
}
