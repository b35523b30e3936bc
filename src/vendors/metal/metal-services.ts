import type { MetalImageService } from '../../domain/metal/metal-image-service.js';

/** What the operations work with. */
export interface MetalServices {
  readonly metal: MetalImageService;
}
