import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ChangeFeed } from '../../src/domain/changes/change-feed.js';
import type { ApiKeyId } from '../../src/domain/identity/api-key.js';
import { type Caller, openCaller } from '../../src/domain/identity/caller.js';
import type { Scope } from '../../src/domain/identity/scope.js';
import { defaultLimits } from '../../src/domain/limits.js';
import type { MetalImage } from '../../src/domain/metal/metal-image.js';
import { createMetalImageService, type MetalImageService } from '../../src/domain/metal/metal-image-service.js';
import { openState } from '../../src/state/sqlite/open-state.js';
import type { OpenState } from '../../src/state/state.js';
import { insertMetalImages } from './samples.js';
import { makeTempFolder } from './temp-folder.js';

export interface MetalStore {
  readonly metal: MetalImageService;
  readonly state: OpenState;
  /** What time it is for the service; a test may move it. */
  readonly clock: { now: Date };
  close(): Promise<void>;
}

/** The service on a state of its own with these images. */
export const openMetalStore = async (images: readonly MetalImage[] = []): Promise<MetalStore> => {
  const folder = await makeTempFolder();
  const state = await openState({ path: join(folder.path, 'state.db') });
  await insertMetalImages(state, images);
  const changes = await ChangeFeed.open(await state.read.storeId(), state.read.changes);
  const clock = { now: new Date('2026-06-01T12:00:00.000Z') };
  return {
    metal: createMetalImageService({ state, changes, limits: defaultLimits, now: () => clock.now }),
    state,
    clock,
    close: async () => {
      await state.close();
      await folder.remove();
    },
  };
};

/** The same for the running test alone. */
export const useMetalStore = async (images: readonly MetalImage[] = []): Promise<MetalStore> => {
  const store = await openMetalStore(images);
  onTestFinished(store.close);
  return store;
};

export const callerWith = (...scopes: Scope[]): Caller => ({
  ...openCaller,
  keyId: 'test' as ApiKeyId,
  scopes: new Set(scopes),
});
