import type { Variants } from '../../domain/delivery/variants.js';
import type { Image } from '../../domain/images/image.js';
import type { ImageService } from '../../domain/images/image-service.js';
import { toWire } from './translate.js';
import type { WireImageMetadata } from './wire.js';

/** Presents images with their metadata; one SELECT, however many they are. */
export type PresentImages = (images: readonly Image[]) => Promise<WireImageMetadata[]>;

export const presentImages =
  (service: Pick<ImageService, 'findMetadata'>, variants: Pick<Variants, 'link'>): PresentImages =>
  async (images) => {
    const metadata = await service.findMetadata(images.map(({ id }) => id));
    return images.map((image, index) => toWire(image, metadata[index], variants.link(image)));
  };

/** Presents one image with its metadata. */
export const presentImage = async (present: PresentImages, image: Image): Promise<WireImageMetadata | undefined> =>
  (await present([image]))[0];
