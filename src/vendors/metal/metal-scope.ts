import type { MetalImageService } from '../../domain/services/metal-image-service.js';

/** What the operations work with. */
export interface MetalServices {
  readonly metal: MetalImageService;
}
