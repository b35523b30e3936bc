import { listMetalImageChanges, watchMetalImages } from '../changes/read-changes.js';
import type { MetalDependencies } from '../dependencies.js';
import { createMetalImage } from './create-metal-image.js';
import { deleteMetalImage, deleteOrphanMetalImages } from './delete-metal-image.js';
import { findMetalImage, findMetalImages, findMetalImageUses, isMetalImageExpired } from './find-metal-images.js';
import { countMetalImages, listAllMetalImages, listMetalImages } from './list-metal-images.js';
import { latestMetalImage, matchingMetalImages } from './match-metal-images.js';
import { clearMetalImageUse, setMetalImageUse } from './metal-image-use.js';
import { updateMetalImage } from './update-metal-image.js';

/** All that can be done with metal images; every transport calls these and nothing below them. */
export const createMetalImageService = (dependencies: MetalDependencies) => ({
  create: createMetalImage(dependencies),
  update: updateMetalImage(dependencies),
  delete: deleteMetalImage(dependencies),
  deleteOrphans: deleteOrphanMetalImages(dependencies),
  find: findMetalImages(dependencies),
  findOne: findMetalImage(dependencies),
  findUses: findMetalImageUses(dependencies),
  isExpired: isMetalImageExpired(dependencies),
  list: listMetalImages(dependencies),
  listAll: listAllMetalImages(dependencies),
  count: countMetalImages(dependencies),
  latest: latestMetalImage(dependencies),
  matching: matchingMetalImages(dependencies),
  setUse: setMetalImageUse(dependencies),
  clearUse: clearMetalImageUse(dependencies),
  changes: listMetalImageChanges(dependencies),
  watch: watchMetalImages(dependencies),
});

export type MetalImageService = ReturnType<typeof createMetalImageService>;
