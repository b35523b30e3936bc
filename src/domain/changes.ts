import type { Image } from './image.js';
import type { MetalImage } from './metal/metal-image.js';

export const imageChangeKinds = ['CREATED', 'UPDATED', 'DISABLED', 'ENABLED', 'DELETED'] as const;

/** What happened to an image. */
export interface ImageChange {
  readonly kind: (typeof imageChangeKinds)[number];
  /** As it is now, or as it was when it was deleted. */
  readonly image: Image;
}

export const metalImageChangeKinds = ['CREATED', 'UPDATED', 'DELETED'] as const;

/** What happened to a metal image. */
export interface MetalImageChange {
  readonly kind: (typeof metalImageChangeKinds)[number];
  /** As it is now, or as it was when it was deleted. */
  readonly image: MetalImage;
}

/** What a committed transaction did, in its order. */
export interface StateChanges {
  readonly images: readonly ImageChange[];
  readonly metalImages: readonly MetalImageChange[];
}
