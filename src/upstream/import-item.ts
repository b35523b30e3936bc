import { InvalidInputError } from '../domain/errors.js';
import type { Caller } from '../domain/identity/caller.js';
import type { FetchedFile, ImportOutcome, ImportRule } from '../domain/imports/import-image.js';
import type { ImportService } from '../domain/imports/import-service.js';
import type { Spool } from '../domain/ports.js';
import type { ForeignItem } from './upstream.js';

export interface ItemImporter {
  readonly imports: ImportService;
  readonly spool: Pick<Spool, 'discard'>;
  readonly caller: Caller;
}

/**
 * Imports one thing that an API has, and leaves nothing in the spool.
 * @throws {DomainError} if it is refused. {@link UpstreamError}
 */
export const importItem = async (
  { imports, spool, caller }: ItemImporter,
  item: ForeignItem,
  rule: ImportRule = {},
): Promise<ImportOutcome> => {
  if ('problem' in item) throw InvalidInputError.at([], item.problem);
  if ('metalImage' in item) return imports.metalImage(caller, item.metalImage, rule);
  const fetched: FetchedFile[] = [];
  const fetch = async (known: string | null) => {
    const file = await item.fetch(known);
    if (file) fetched.push(file);
    return file;
  };
  try {
    return await imports.image(caller, item.image, fetch, rule);
  } finally {
    for (const { file } of fetched) await spool.discard(file);
  }
};
