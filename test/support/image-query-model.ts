import type { Address } from '../../src/domain/images/address.js';
import type { Translations } from '../../src/domain/images/alt-texts.js';
import type { Image, ImageMetadata } from '../../src/domain/images/image.js';
import type {
  AddressFilter,
  ImageFilter,
  ImageOrder,
  ImagePosition,
  ImageQuery,
  Range,
} from '../../src/domain/images/image-query.js';

export interface StoredSample {
  readonly image: Image;
  readonly metadata: ImageMetadata;
  readonly translations: Translations;
}

/** The meaning of a query in the simplest code: the state must return the same. */
export const listByModel = (samples: readonly StoredSample[], query: ImageQuery): Image[] => {
  const { accountId, filter, order, after, before, take, skip, limit } = query;
  const candidates = samples
    .filter((sample) => sample.image.accountId === accountId && meets(sample, filter))
    .map(({ image }) => image)
    .sort((left, right) => compare(positionOf(left, order), positionOf(right, order), order))
    .filter((image) => !after || compare(positionOf(image, order), after, order) > 0)
    .filter((image) => !before || compare(positionOf(image, order), before, order) < 0);
  if (take === 'first') return candidates.slice(skip, skip + limit);
  const end = Math.max(0, candidates.length - skip);
  return candidates.slice(Math.max(0, end - limit), end);
};

export const positionOf = (image: Image, { key }: ImageOrder): ImagePosition => ({ value: image[key], id: image.id });

const compare = (left: ImagePosition, right: ImagePosition, { direction }: ImageOrder): number => {
  const ascending = Number(left.value) - Number(right.value) || (left.id < right.id ? -1 : Number(left.id > right.id));
  return direction === 'asc' ? ascending : -ascending;
};

const meets = ({ image, metadata: { altText, address }, translations }: StoredSample, filter: ImageFilter): boolean =>
  (!filter.mimeTypes || filter.mimeTypes.includes(image.mimeType)) &&
  (filter.disabled === undefined || filter.disabled === (image.disabledOn !== null)) &&
  (filter.altTextMissing === undefined || filter.altTextMissing === (altText === null)) &&
  (filter.altTextMissingIn !== null || altText === null) &&
  !(filter.altTextMissingIn && translations.has(filter.altTextMissingIn)) &&
  (filter.altTextContains === undefined ||
    (altText !== null && inCapitals(altText).includes(inCapitals(filter.altTextContains)))) &&
  (filter.addressed === undefined || filter.addressed === (address !== null)) &&
  (!filter.address || (address !== null && standsAt(address, filter.address))) &&
  within(image.createdOn, filter.createdOn) &&
  within(image.updatedOn, filter.updatedOn) &&
  within(image.byteSize, filter.byteSize);

const standsAt = (address: Address, { types, ...texts }: AddressFilter): boolean =>
  (!types || types.includes(address.type)) &&
  (['entityId', 'ds', 'cid'] as const).every((field) => texts[field] === undefined || texts[field] === address[field]);

const within = <Value extends Date | number>(value: Value, range: Range<Value> | undefined): boolean =>
  (range?.min === undefined || value >= range.min) && (range?.max === undefined || value <= range.max);

/** In capitals, because the product compares in lower case. The capital ẞ has none of its own. */
const inCapitals = (text: string): string =>
  text.normalize('NFKC').replaceAll('ẞ', 'ß').toUpperCase().normalize('NFKC');
