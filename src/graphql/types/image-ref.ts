import type { Image } from '../../domain/images/image.js';
import { newestFirst } from '../../domain/images/image-query.js';
import { builder } from '../builder.js';
import { encodeCursor } from '../cursor.js';

/** Known by name to the types that refer to each other; `image.ts` says what it has. */
export const ImageRef = builder.objectRef<Image>('Image');

export const ImageEdgeRef = builder.edgeObject({
  type: ImageRef,
  name: 'ImageEdge',
  description: 'An image and its position in a list.',
});

/** The edge of a new image, with its position in the default order. Relay's `@prependEdge` and `@appendEdge` insert it into a list. */
export const newImageEdge = (image: Image) => ({ node: image, cursor: encodeCursor(image, newestFirst) });
