import type { MetalImage } from '../../domain/metal/metal-image.js';
import { builder } from '../builder.js';
import { encodeIdCursor } from '../cursor.js';
import { MetalImageRef } from './metal-image-ref.js';

export const MetalImageEdgeRef = builder.edgeObject({
  type: MetalImageRef,
  name: 'MetalImageEdge',
  description: 'A metal image and its position in a list.',
});

/** The edge of a new metal image. Relay's `@prependEdge` and `@appendEdge` insert it into a list. */
export const newMetalImageEdge = (image: MetalImage) => ({ node: image, cursor: encodeIdCursor(image) });
