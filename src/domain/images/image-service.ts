import { expireChanges } from '../changes/expire-changes.js';
import { listImageChanges, watchImages } from '../changes/read-changes.js';
import { addressedDelivery, openAddressedOriginal } from '../delivery/deliver-addressed-image.js';
import { deliverImage } from '../delivery/deliver-image.js';
import { variantOpener } from '../delivery/open-variant.js';
import { renderAhead } from '../delivery/render-ahead.js';
import type {
  DeliveryDependencies,
  FetchDependencies,
  ImageDependencies,
  StagingDependencies,
} from '../dependencies.js';
import { openOriginal } from '../originals/open-original.js';
import { sweepBlobs } from '../originals/sweep-blobs.js';
import { findNearDuplicates, findSimilar } from '../similar/find-similar.js';
import { createUploads } from '../uploads/create-uploads.js';
import { withFetchedFile } from '../uploads/fetched-files.js';
import { expireUploads, findStagedUpload, keepStagedFile, withStagedFile } from '../uploads/staged-files.js';
import { deleteImage } from './delete-image.js';
import { disableImage, enableImage } from './disable-image.js';
import {
  findBlobs,
  findEmbedded,
  findImage,
  findImageByAddress,
  findImageByKey,
  findImageByPublicId,
  findImages,
  findMetadata,
  findTranslations,
} from './find-images.js';
import { listAccounts, measureAccounts } from './list-accounts.js';
import { countImages, listImages, pageImages } from './list-images.js';
import { replaceImage, updateImage, updateImageMetadata } from './update-image.js';
import { uploadAddressedImage } from './upload-addressed-image.js';
import { uploadImage } from './upload-image.js';

/** What is rendered for requests, and ahead of them: a variant that both want is rendered once. */
const deliveriesOf = (dependencies: DeliveryDependencies) => {
  const openVariant = variantOpener(dependencies);
  return { deliver: deliverImage(dependencies, openVariant), renderAhead: renderAhead(dependencies, openVariant) };
};

/** All that can be done with images; every transport calls these and nothing below them. */
export const createImageService = (
  dependencies: ImageDependencies & DeliveryDependencies & StagingDependencies & FetchDependencies,
) => ({
  upload: uploadImage(dependencies),
  uploadAddressed: uploadAddressedImage(dependencies),
  createUploads: createUploads(dependencies),
  withStagedFile: withStagedFile(dependencies),
  withFetchedFile: withFetchedFile(dependencies),
  findStagedUpload: findStagedUpload(dependencies),
  keepStagedFile: keepStagedFile(dependencies),
  update: updateImage(dependencies),
  replace: replaceImage(dependencies),
  updateMetadata: updateImageMetadata(dependencies),
  disable: disableImage(dependencies),
  enable: enableImage(dependencies),
  delete: deleteImage(dependencies),
  find: findImages(dependencies),
  findOne: findImage(dependencies),
  findByPublicId: findImageByPublicId(dependencies),
  findByAddress: findImageByAddress(dependencies),
  findByKey: findImageByKey(dependencies),
  findMetadata: findMetadata(dependencies),
  findTranslations: findTranslations(dependencies),
  findBlobs: findBlobs(dependencies),
  findEmbedded: findEmbedded(dependencies),
  findSimilar: findSimilar(dependencies),
  findNearDuplicates: findNearDuplicates(dependencies),
  list: listImages(dependencies),
  page: pageImages(dependencies),
  count: countImages(dependencies),
  listAccounts: listAccounts(dependencies),
  measureAccounts: measureAccounts(dependencies),
  ...deliveriesOf(dependencies),
  addressedDelivery: addressedDelivery(dependencies),
  openOriginal: openOriginal(dependencies),
  changes: listImageChanges(dependencies),
  watch: watchImages(dependencies),
  openAddressedOriginal: openAddressedOriginal(dependencies),
  sweep: sweepBlobs(dependencies),
  expireChanges: expireChanges(dependencies),
  expireUploads: expireUploads(dependencies),
});

export type ImageService = ReturnType<typeof createImageService>;
