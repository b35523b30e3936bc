import type { Variants } from '../../domain/delivery/variants.js';
import type { Image, ImageMetadata } from '../../domain/images/image.js';
import type { ImageService } from '../../domain/images/image-service.js';
import type { MetadataInput } from '../../domain/images/metadata.js';
import type { WireImageMetadata } from './wire.js';

/** "RFC 3339 dates with `Z`, omit altText/disabledOn when absent (never null), no extra keys." */
const toWire = (image: Image, metadata: ImageMetadata | undefined, link: string): WireImageMetadata => ({
  imageID: image.id,
  publicID: image.publicId,
  ...(metadata && metadata.altText !== null ? { altText: metadata.altText } : {}),
  link,
  createdOn: image.createdOn.toISOString(),
  updatedOn: image.updatedOn.toISOString(),
  ...(image.disabledOn ? { disabledOn: image.disabledOn.toISOString() } : {}),
});

/** What a request says of the metadata: absent keeps it, null clears it. */
export type MetadataPart = { altText?: string | null | undefined } | null | undefined;

/**
 * Replaces the metadata as a whole, as far as Moov's clients know it: without an `altText` it has none. The focal point, which they cannot
 * see, stays.
 */
export const replacing = (part: MetadataPart): MetadataInput | undefined =>
  part === undefined ? undefined : { altText: part?.altText ?? null };

/** Only what is given: "omit any form parts you do not wish to update", and null clears. */
export const merging = (part: MetadataPart): MetadataInput | undefined => (part === null ? { altText: null } : part);

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
