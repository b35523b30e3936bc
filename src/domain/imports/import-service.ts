import type { ImportDependencies } from '../dependencies.js';
import { importImage, planImageImport } from './import-image.js';
import { importMetalImage, planMetalImageImport } from './import-metal-image.js';
import { listImported } from './list-imported.js';
import { removeImported } from './remove-imported.js';

/** Nobody has uploaded what is imported. */
const noUploads = {
  uploadAccepted: () => {},
  uploadRefused: () => {},
  variantLookedUp: () => {},
  renderedAhead: () => {},
};

/** What can be done with the images of other APIs. */
export const createImportService = (given: Omit<ImportDependencies, 'meter'>) => {
  const dependencies = { ...given, meter: noUploads };
  return {
    planImage: planImageImport(dependencies),
    image: importImage(dependencies),
    planMetalImage: planMetalImageImport(dependencies),
    metalImage: importMetalImage(dependencies),
    listImported: listImported(dependencies),
    remove: removeImported(dependencies),
  };
};

export type ImportService = ReturnType<typeof createImportService>;
