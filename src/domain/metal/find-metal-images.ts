import type { MetalDependencies } from '../dependencies.js';
import { NotFoundError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { foundOrBrought } from '../imports/read-through.js';
import { checkIdCount } from '../slice.js';
import type { MetalImage } from './metal-image.js';
import type { MetalReader } from './metal-ports.js';

/** The metal images with exactly these ids, in the same order; null for those that do not exist. */
export const findMetalImages =
  ({ state, limits }: MetalDependencies) =>
  async (caller: Caller, ids: readonly string[]): Promise<(MetalImage | null)[]> => {
    authorize(caller, 'metal.view');
    checkIdCount(ids, limits);
    const found = new Map((await state.read.metal.imagesById(ids)).map((image) => [image.id, image]));
    return ids.map((id) => found.get(id) ?? null);
  };

/** The metal image with exactly this id, imported if it is missing, or null. */
export const findMetalImage = (dependencies: MetalDependencies) => {
  const { readThrough } = dependencies;
  const find = findMetalImages(dependencies);
  return (caller: Caller, id: string): Promise<MetalImage | null> =>
    foundOrBrought(
      async () => (await find(caller, [id]))[0] ?? null,
      readThrough && (() => readThrough.metalImage(id, caller)),
    );
};

/** Which machines use each of the metal images that the caller was given, in the order of the ids. */
export const findMetalImageUses =
  ({ state }: MetalDependencies) =>
  async (ids: readonly string[]): Promise<string[][]> => {
    const machineIds = new Map<string, string[]>(ids.map((id) => [id, []]));
    for (const use of await state.read.metal.usesOf(ids)) machineIds.get(use.imageId)?.push(use.machineId);
    return ids.map((id) => machineIds.get(id) ?? []);
  };

/** Whether a metal image that the caller was given is expired by now. */
export const isMetalImageExpired =
  ({ now }: MetalDependencies) =>
  ({ expirationDate }: MetalImage): boolean =>
    expirationDate <= now();

/** @throws {NotFoundError} where no metal image has exactly this id. */
export const findExistingMetalImage = async (metal: MetalReader, id: string): Promise<MetalImage> => {
  const [image] = await metal.imagesById([id]);
  if (image) return image;
  throw new NotFoundError(`No metal image has the id ${id}.`);
};
