import type { MetalImage } from '../../domain/metal/metal-image.js';
import type { MetalImageService } from '../../domain/metal/metal-image-service.js';
import { toWire } from './translate.js';
import type { WireImage } from './wire.js';

/** Presents images, with the machines that use them if that is requested: one SELECT more, however many they are. */
export const presentImages = async (
  metal: Pick<MetalImageService, 'findUses'>,
  images: readonly MetalImage[],
  showsUsage: boolean,
): Promise<WireImage[]> => {
  const uses = showsUsage ? await metal.findUses(images.map(({ id }) => id)) : [];
  return images.map((image, index) => toWire(image, uses[index]));
};
