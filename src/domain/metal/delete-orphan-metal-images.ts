import type { MetalDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { MetalImage } from './metal-image.js';

/**
 * Forgets the metal images that are expired and that no machine uses. The newest image of each operating system stays in any case.
 * Answers what they were, by operating system and the newest first; a dry run tells the same and keeps them.
 */
export const deleteOrphanMetalImages =
  ({ state, now }: MetalDependencies) =>
  async (caller: Caller, { dryRun }: { dryRun: boolean }): Promise<MetalImage[]> => {
    authorize(caller, 'metal.admin');
    const moment = now();
    return dryRun ? state.read.metal.orphans(moment) : state.write(({ metal }) => metal.deleteOrphans(moment));
  };
