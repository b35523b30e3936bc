import type { FastifyBaseLogger } from 'fastify';
import type { Caller } from '../domain/caller.js';
import type { Limits } from '../domain/limits.js';
import type { ImageService } from '../domain/services/image-service.js';
import type { MetalImageService } from '../domain/services/metal-image-service.js';
import type { Variants } from '../domain/services/variants.js';
import { createLoaders, type KnownMetadata, type Loaders } from './loaders.js';

/** What resolvers work with; made anew for each request. */
export interface GraphqlContext extends GraphqlServices {
  readonly caller: Caller;
  /** Rejects as soon as the caller's key counts no more. */
  readonly confirmCaller: () => Promise<void>;
  readonly loaders: Loaders;
  readonly log: FastifyBaseLogger;
}

/** The part of the context that all requests share. */
export interface GraphqlServices {
  readonly images: ImageService;
  readonly metal: MetalImageService;
  readonly variants: Variants;
  readonly limits: Limits;
}

export const createContext = (
  services: GraphqlServices,
  knownMetadata: KnownMetadata,
  request: Pick<GraphqlContext, 'caller' | 'confirmCaller' | 'log'>,
): GraphqlContext => ({
  ...services,
  ...request,
  loaders: createLoaders(services.images, services.metal, knownMetadata),
});
