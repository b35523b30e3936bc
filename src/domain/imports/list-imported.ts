import type { ImportDependencies } from '../dependencies.js';
import { authorizeAny, type Caller } from '../identity/caller.js';
import type { ImportedId } from './origin.js';

const pageSize = 200;

/** Everything that was imported from a source and is still here. */
export const listImported = ({ state }: Pick<ImportDependencies, 'state'>) =>
  async function* (caller: Caller, source: string): AsyncGenerator<ImportedId> {
    authorizeAny(caller, ['images.read', 'metal.view']);
    let after = 0;
    for (;;) {
      const page = await state.read.origins.list(source, after, pageSize);
      for (const { id } of page) yield id;
      const last = page.at(-1);
      if (!last || page.length < pageSize) return;
      after = last.position;
    }
  };
