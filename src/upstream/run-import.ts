import { DomainError } from '../domain/errors.js';
import type { ImportOutcome } from '../domain/imports/import-image.js';
import type { ImportedId } from '../domain/imports/origin.js';
import { type ItemImporter, importItem } from './import-item.js';
import type { ForeignItem, Upstream } from './upstream.js';
import { UpstreamError } from './upstream-client.js';

export interface ImportOptions extends ItemImporter {
  readonly upstream: Upstream;
  /** Compares only: nothing is fetched but lists, and nothing written. */
  readonly dryRun: boolean;
  /** Removes what was imported from there and is not there any more. */
  readonly prune: boolean;
  /** Hears of each item, in the order in which they are done. */
  readonly onDone: (label: string, outcome: ItemOutcome) => void;
  /** Ends the run between two items. */
  readonly signal: AbortSignal;
}

export type ItemOutcome =
  | ImportOutcome
  | 'removed'
  /** Not there any more, and kept here. */
  | 'gone'
  | { readonly refused: string };

/** Few enough for the rate limits of the APIs, and for the memory that an inspection needs. */
const workers = 4;
/** An API that fails as often as this in a row is down: the rest would fail too, each after all its attempts. */
const maxFailuresInRow = 5;

/**
 * Imports everything that an API has. What cannot be imported is reported and does not stop the rest. It may be ended at any time: the
 * next run goes on where this one stopped, as what is here in the same revision is not fetched again.
 * @throws {UpstreamError} if the API cannot be listed, or fails again and again.
 */
export const runImport = async (options: ImportOptions): Promise<void> => {
  const { upstream, signal } = options;
  const seen = new Set<string>();
  const failures = { inRow: 0 };
  const items = upstream.list()[Symbol.asyncIterator]();
  let isFailing = false;
  const work = async (): Promise<void> => {
    try {
      while (!isFailing) {
        signal.throwIfAborted();
        const { value: item, done } = await items.next();
        if (done) return;
        seen.add(item.label);
        await importOne(options, item, failures);
      }
    } catch (error) {
      isFailing = true;
      throw error;
    }
  };
  // all of them: none may go on when the state is closed
  const ends = await Promise.allSettled(Array.from({ length: workers }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  if (upstream.find) await followUp(options, seen, failures);
};

const importOne = async (options: ImportOptions, item: ForeignItem, failures: { inRow: number }): Promise<void> => {
  const { onDone, signal } = options;
  try {
    onDone(item.label, await outcomeOf(options, item));
    failures.inRow = 0;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DomainError || error instanceof UpstreamError)) throw error;
    failures.inRow = error instanceof UpstreamError && error.status !== 404 ? failures.inRow + 1 : 0;
    onDone(item.label, { refused: error.message });
    if (failures.inRow >= maxFailuresInRow) {
      throw new UpstreamError(`${maxFailuresInRow} images in a row failed. The last: ${error.message}`);
    }
  }
};

const outcomeOf = async (options: ImportOptions, item: ForeignItem): Promise<ItemOutcome> => {
  const { imports, caller, dryRun } = options;
  if ('problem' in item) return { refused: item.problem };
  if (!dryRun) return importItem(options, item);
  return 'metalImage' in item ? imports.planMetalImage(caller, item.metalImage) : imports.planImage(caller, item.image);
};

/**
 * Asks for each image that was imported before and is not in the list: the list may leave out disabled ones, and images move between
 * its pages. Only what the API itself does not know any more is gone.
 */
const followUp = async (
  options: ImportOptions,
  seen: ReadonlySet<string>,
  failures: { inRow: number },
): Promise<void> => {
  const { upstream, imports, caller, dryRun, prune, onDone, signal } = options;
  const missing: ImportedId[] = [];
  for await (const id of imports.listImported(caller, upstream.source)) if (!seen.has(labelOf(id))) missing.push(id);
  if (prune && missing.length > 0 && seen.size === 0) {
    throw new UpstreamError('It lists no image at all. Nothing was removed: delete by hand what is to go.');
  }
  for (const id of missing) {
    signal.throwIfAborted();
    const label = labelOf(id);
    const item = await upstream.find?.(id);
    if (item) {
      await importOne(options, item, failures);
      continue;
    }
    try {
      if (prune && !dryRun) await imports.remove(caller, upstream.source, id);
      onDone(label, prune ? 'removed' : 'gone');
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      onDone(label, { refused: error.message });
    }
  }
};

const labelOf = ({ imageId, metalImageId }: ImportedId): string => imageId ?? metalImageId;
