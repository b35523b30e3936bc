import type {
  CreateMetalImageInput,
  MetalImageClassification,
  MetalImageFeature,
  UpdateMetalImageInput,
} from '../generated/graphql.js';
import type { MetalCard } from './metal-list.js';

/** A metal image as its form has it. */
export interface MetalDraft {
  readonly imageId: string;
  readonly url: string;
  readonly name: string;
  readonly description: string;
  readonly classification: MetalImageClassification;
  /** In UTC: `2026-12-31`. */
  readonly expirationDay: string;
  readonly features: readonly MetalImageFeature[];
}

const newDraft: MetalDraft = {
  imageId: '',
  url: '',
  name: '',
  description: '',
  classification: 'PREVIEW',
  expirationDay: '',
  features: ['MACHINE'],
};

export const draftOf = (image: MetalCard | null): MetalDraft =>
  image ? { ...image, expirationDay: image.expirationDate.slice(0, 10) } : newDraft;

export const inputOf = ({
  imageId,
  url,
  name,
  description,
  classification,
  expirationDay,
  features,
}: MetalDraft): CreateMetalImageInput => ({
  imageId,
  url,
  name,
  description,
  classification,
  features,
  ...(expirationDay && { expirationDate: `${expirationDay}T00:00:00Z` }),
});

/** Only what was changed in the form: a date keeps its time of day, and the others what was written meanwhile. */
export const changesOf = (image: MetalCard, draft: MetalDraft): Omit<UpdateMetalImageInput, 'imageId'> => {
  const before = draftOf(image);
  const { imageId: _imageId, expirationDate, ...fields } = inputOf(draft);
  const changed = Object.entries(fields).filter(
    ([name, value]) => String(value) !== String(before[name as keyof MetalDraft]),
  );
  return {
    ...Object.fromEntries(changed),
    ...(draft.expirationDay !== before.expirationDay && expirationDate && { expirationDate }),
  };
};
