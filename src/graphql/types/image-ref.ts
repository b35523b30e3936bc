import type { Image } from '../../domain/images/image.js';
import { builder } from '../builder.js';

/** Known by name to the types that refer to each other; `image.ts` says what it has. */
export const ImageRef = builder.objectRef<Image>('Image');
