import { authorize, type Caller } from '../caller.js';
import type { MetalImage } from '../metal/metal-image.js';
import type { MetalDependencies } from './dependencies.js';

/**
 * Forgets the metal images that are expired and that no machine uses. The newest image of each operating system stays in any case.
 * Answers what they were, by operating system and the newest first; a dry run tells the same and keeps them.
 */
export const deleteOrphanMetalImages =
  ({ state, now }: MetalDependencies) =>
  async (caller: Caller, { dryRun }: { dryRun: boolean }): Promise<MetalImage[]> => {
    authorize(caller, 'metal.admin');
    const moment = now();
    if (dryRun) return state.read.metal.orphans(moment);
    return state.write(async ({ metal }) => {
      const orphans = await metal.orphans(moment);
      await metal.deleteOrphans(moment);
      return orphans;
    });
  };
