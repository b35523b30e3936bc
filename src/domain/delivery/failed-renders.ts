import { LRUCache } from 'lru-cache';
import { DamagedOriginalError, RenderTimeoutError } from '../errors.js';
import type { Sha256 } from '../images/image.js';

const maxSources = 1_000;
const maxVariantsOfSource = 20;

/**
 * Renders that failed or timed out a short while ago: repeating one would cost seconds of CPU and fail again. Bounded, so that nobody
 * fills the memory with failures.
 */
export class FailedRenders {
  readonly #bySource = new LRUCache<Sha256, LRUCache<string, Error>>({ max: maxSources });

  /** @param seconds How long a failure is remembered. */
  constructor(private readonly seconds: number) {}

  /** @throws the failure of the variant, if it is remembered. */
  throwIfKnown(source: Sha256, variant: string): void {
    const variants = this.#bySource.get(source);
    const failure = variants?.get(variant);
    if (failure) throw this.#presented(failure, Math.ceil((variants?.getRemainingTTL(variant) ?? 0) / 1_000));
  }

  /**
   * Remembers what would fail again. A shortage of the server passes, so it is not remembered.
   * @returns The error for the client that met it first.
   */
  add(source: Sha256, variant: string, failure: unknown): unknown {
    if (!(failure instanceof RenderTimeoutError || failure instanceof DamagedOriginalError)) return failure;
    const variants =
      this.#bySource.get(source) ?? new LRUCache({ max: maxVariantsOfSource, ttl: 1_000 * this.seconds });
    this.#bySource.set(source, variants);
    variants.set(variant, failure);
    return this.#presented(failure, this.seconds);
  }

  /** For a source whose bytes were stored again: what was damaged may be whole now. */
  clear(source: Sha256): void {
    this.#bySource.delete(source);
  }

  #presented(failure: Error, seconds: number): Error {
    return failure instanceof RenderTimeoutError ? failure.retryIn(Math.max(1, seconds)) : failure;
  }
}
