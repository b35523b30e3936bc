import type { MetalImage } from '../../domain/metal/metal-image.js';
import { builder } from '../builder.js';

/** Known by name to the types that refer to each other; `metal-image.ts` says what it has. */
export const MetalImageRef = builder.objectRef<MetalImage>('MetalImage');
