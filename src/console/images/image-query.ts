import type { ImageCardFragment, ImageFilter, ImageOrder } from '../generated/graphql.js';
import { canonicalTag } from '../ui/language.js';
import { typeNames } from './file-types.js';

/** What a list shows, and in which order. */
export interface ImageQuery {
  readonly text: string;
  readonly altText: 'any' | 'missing' | 'decorative-or-given';
  /** A language in which the text is missing; empty for any. */
  readonly missingIn: string;
  readonly state: 'any' | 'enabled' | 'disabled';
  readonly mimeType: string;
  readonly order: ImageOrder;
}

export const wholeList: ImageQuery = {
  text: '',
  altText: 'any',
  missingIn: '',
  state: 'any',
  mimeType: '',
  order: 'CREATED_ON_DESC',
};

export const orders = {
  CREATED_ON_DESC: 'Newest first',
  CREATED_ON_ASC: 'Oldest first',
  UPDATED_ON_DESC: 'Last changed first',
  UPDATED_ON_ASC: 'Last changed last',
  BYTE_SIZE_DESC: 'Largest file first',
  BYTE_SIZE_ASC: 'Smallest file first',
} as const satisfies Record<ImageOrder, string>;

export const parseImageQuery = (text: string): ImageQuery => {
  const given = new URLSearchParams(text);
  const oneOf = <Value extends string>(name: string, values: readonly Value[], otherwise: Value): Value =>
    values.find((value) => value === given.get(name)) ?? otherwise;
  return {
    text: given.get('text') ?? '',
    altText: oneOf('alt', ['missing', 'decorative-or-given'], 'any'),
    missingIn: canonicalTag(given.get('missing-in') ?? '') ?? '',
    state: oneOf('state', ['enabled', 'disabled'], 'any'),
    mimeType: oneOf('type', Object.keys(typeNames), ''),
    order: oneOf('order', Object.keys(orders) as ImageOrder[], wholeList.order),
  };
};

export const formatImageQuery = (query: ImageQuery): string => {
  const names = {
    text: 'text',
    altText: 'alt',
    missingIn: 'missing-in',
    state: 'state',
    mimeType: 'type',
    order: 'order',
  } as const;
  const parts = new URLSearchParams();
  for (const [field, name] of Object.entries(names) as [keyof ImageQuery, string][]) {
    if (query[field] !== wholeList[field]) parts.set(name, query[field]);
  }
  return parts.toString();
};

export const filterOf = ({ text, altText, missingIn, state, mimeType }: ImageQuery): ImageFilter => ({
  ...(text && { altTextContains: text }),
  ...(altText !== 'any' && { altTextMissing: altText === 'missing' }),
  ...(missingIn && { altTextMissingIn: missingIn }),
  ...(state !== 'any' && { disabled: state === 'disabled' }),
  ...(mimeType && { mimeType: [mimeType] }),
});

/** Whether an image belongs to the list, as the server would say. */
export const matches = ({ text, altText, state, mimeType }: ImageQuery, image: ImageCardFragment): boolean => {
  const given = image.metadata.altText;
  return (
    (text === '' || (given ?? '').toLowerCase().includes(text.toLowerCase())) &&
    (altText === 'any' || (altText === 'missing') === (given === null)) &&
    (state === 'any' || (state === 'disabled') === (image.disabledOn !== null)) &&
    (mimeType === '' || mimeType === image.mimeType)
  );
};
