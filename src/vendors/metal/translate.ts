import { type MetalImage, versionOfNormalised } from '../../domain/metal/metal-image.js';
import { asClassification, asFeatures } from '../../domain/metal/metal-image-input.js';
import type { MetalImageService } from '../../domain/metal/metal-image-service.js';
import type { MetalImageFilter } from '../../domain/metal/metal-ports.js';
import { formatGoTime } from './go-time.js';
import type { WireFindRequest, WireImage } from './wire.js';

/** "`usedby`: key always present, `null` unless usage asked for and non-empty." */
export const toWire = (image: MetalImage, usedBy: readonly string[] = []): WireImage => ({
  id: image.id,
  name: image.name,
  description: image.description,
  url: image.url,
  features: [...image.features].sort(),
  expirationDate: formatGoTime(image.expirationDate),
  classification: image.classification,
  usedby: usedBy.length > 0 ? [...usedBy] : null,
  changed: formatGoTime(image.changed),
  created: formatGoTime(image.created),
});

/** What follows the numbers of a version; the store compares the numbers alone. */
const buildMetadata = /\+[^-]*$/;

/** "Version compares with the stored normalised text", which keeps the build metadata of the id. */
export const hasBuildMetadataOf =
  ({ version }: WireFindRequest) =>
  ({ id }: MetalImage): boolean =>
    version === undefined || buildMetadata.exec(id)?.[0] === buildMetadata.exec(version)?.[0];

/**
 * "AND of exact, case-sensitive equality for each field that is non-null; unknown classification → []." Null for what no image can
 * meet.
 */
export const toFilter = (wanted: WireFindRequest): MetalImageFilter | null => {
  const { id, name, os } = wanted;
  const features = asFeatures(wanted.features ?? []);
  const classification = asClassification(wanted.classification ?? '');
  const version = versionOfNormalised((wanted.version ?? '').replace(buildMetadata, ''));
  const isImpossible =
    features.length < new Set(wanted.features).size ||
    (wanted.classification !== undefined && !classification) ||
    (wanted.version !== undefined && !version);
  return isImpossible ? null : { id, name, os, version, classification, features };
};

/** Presents images, with the machines that use them if that is requested: one SELECT more, however many they are. */
export const presentImages = async (
  metal: Pick<MetalImageService, 'findUses'>,
  images: readonly MetalImage[],
  showsUsage: boolean,
): Promise<WireImage[]> => {
  const uses = showsUsage ? await metal.findUses(images.map(({ id }) => id)) : [];
  return images.map((image, index) => toWire(image, uses[index]));
};
