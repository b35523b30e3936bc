import { Alarm } from '../../lib/alarm.js';
import { pause } from '../../lib/pause.js';
import { changedImagesAfter } from '../changes/changed-images.js';
import type { ChangeCursor, Commit } from '../changes/changes.js';
import type { ImageDependencies } from '../dependencies.js';
import { UnavailableError } from '../errors.js';
import type { AheadCursor, Meter, PublicImage, StateReader } from '../ports.js';
import type { OpenVariant } from './open-variant.js';
import { negotiateFormat } from './transform/negotiate-format.js';
import { planVariant, variantEtag } from './transform/plan-variant.js';
import type { Transform } from './transform/transform.js';

/** What current browsers accept, as far as it decides the format of a transform that leaves it to them. */
const acceptOfBrowsers = 'image/avif,image/webp,image/*';

type RenderAhead = (image: PublicImage, transform: Transform, signal: AbortSignal) => Promise<boolean>;

/**
 * Has a variant rendered and kept as a browser will ask for it, while the server has nothing else to do. Resolves with false if it is
 * kept already. It fails as a request for it would.
 */
export const renderAhead =
  ({ limits }: Pick<ImageDependencies, 'limits'>, openVariant: OpenVariant): RenderAhead =>
  async (found, transform, signal) => {
    const { image, source, focalPoint } = found;
    const format = negotiateFormat({ accept: acceptOfBrowsers, transform, source, limits });
    const plan = planVariant({ transform, format, source, focalPoint, limits });
    return openVariant(variantEtag(image.sha256, plan), found, plan).renderAhead(signal);
  };

/** How many changes are read at once. A server that is killed looks at the last of them again. */
const batchSize = 30;
/** How often it is looked whether other servers have written. */
const tickMs = 1_000;
/** A shortage passes: what it kept from being rendered is tried again this often before it is skipped. */
const maxAttempts = 5;
const retryMs = (failedAttempts: number): number => Math.min(1_000 * 2 ** (failedAttempts - 1), 60_000);

interface RendersAheadDependencies {
  readonly read: Pick<StateReader, 'changes' | 'publicImage'>;
  /** Whose head every commit moves that this server hears of. */
  readonly changes: { readonly head: ChangeCursor };
  readonly cursor: AheadCursor;
  /** Of the eager presets. */
  readonly transforms: readonly Transform[];
  readonly renderAhead: RenderAhead;
  /** Whether other servers write too. */
  readonly isShared: boolean;
  readonly meter: Pick<Meter, 'renderedAhead'>;
  readonly onFault: (error: unknown) => void;
}

/**
 * Renders the eager presets of each image that changes, into the cache of this server: each server has its own. The backlog is the
 * journal, so it takes no memory. How far it came is kept with the cache, so a server goes on there after a restart. Without that, or if
 * the journal no longer has what comes next, it begins with the changes from now on: no library is rendered as a whole.
 */
export class RendersAhead {
  /** Images that changed up to here have been looked at. */
  #position: number;
  #isResumed = false;
  #looksAgain = false;
  readonly #alarm = new Alarm();

  constructor(private readonly dependencies: RendersAheadDependencies) {
    // before the server listens, so that its first upload comes after it
    this.#position = dependencies.changes.head.seq;
  }

  /** How many changes have not been looked at; NaN until that is known. */
  get waiting(): number {
    return this.#isResumed ? Math.max(0, this.dependencies.changes.head.seq - this.#position) : Number.NaN;
  }

  /** Consumes a commit. */
  follow({ changes }: Commit): void {
    // of another server, or uncertain: the position of the journal is known a moment later
    this.#looksAgain = changes.length === 0;
    this.#alarm.wake();
  }

  /** Renders until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#alarm.wake(), { once: true });
    await this.#resume();
    let failedAttempts = 0;
    while (!signal.aborted) {
      try {
        if (this.waiting > 0) await this.#renderSome(failedAttempts >= maxAttempts, signal);
        else await this.#untilWoken(signal);
        failedAttempts = 0;
      } catch (error) {
        if (signal.aborted) break;
        this.dependencies.onFault(error);
        failedAttempts += 1;
        await pause(retryMs(failedAttempts), signal);
      }
    }
  }

  async #resume(): Promise<void> {
    const { cursor, changes } = this.dependencies;
    const kept = await cursor.read().catch(() => null);
    // of another database, or of one that was restored from a backup since
    const isKnown = kept?.store === changes.head.store && kept.seq <= this.#position;
    if (isKnown) this.#position = kept.seq;
    else await this.#keepPosition();
    this.#isResumed = true;
  }

  async #renderSome(skipsShortages: boolean, signal: AbortSignal): Promise<void> {
    const { read, changes } = this.dependencies;
    const { publicIds, through } = await changedImagesAfter(read.changes, this.#position, {
      head: changes.head.seq,
      limit: batchSize,
    });
    for (const publicId of publicIds ?? []) {
      const image = await read.publicImage(publicId);
      // it may be deleted by now
      if (image) await this.#renderImage(image, skipsShortages, signal);
    }
    this.#position = through;
    await this.#keepPosition();
  }

  async #renderImage(image: PublicImage, skipsShortages: boolean, signal: AbortSignal): Promise<void> {
    const { transforms, renderAhead, meter, onFault } = this.dependencies;
    for (const transform of transforms) {
      // what listens to the signal of one render goes with it
      const render = new AbortController();
      const end = (): void => render.abort(signal.reason);
      signal.addEventListener('abort', end, { once: true });
      try {
        signal.throwIfAborted();
        if (await renderAhead(image, transform, render.signal)) meter.renderedAhead('rendered');
      } catch (error) {
        if (signal.aborted || (error instanceof UnavailableError && !skipsShortages)) throw error;
        // it would fail again
        meter.renderedAhead('failed');
        onFault(error);
      } finally {
        signal.removeEventListener('abort', end);
      }
    }
  }

  /** Without it, a restart looks at some changes again, or at none of those before it: no reason to stop here. */
  async #keepPosition(): Promise<void> {
    const { cursor, changes, onFault } = this.dependencies;
    await cursor.write({ store: changes.head.store, seq: this.#position }).catch(onFault);
  }

  async #untilWoken(signal: AbortSignal): Promise<void> {
    if (this.waiting > 0 || signal.aborted) return;
    const looksAgain = this.dependencies.isShared || this.#looksAgain;
    this.#looksAgain = false;
    await this.#alarm.sleep(looksAgain ? tickMs : undefined);
  }
}
