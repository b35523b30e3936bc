import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { MetalImageService } from '../../domain/services/metal-image-service.js';

/** What the operations work with. */
export interface MetalServices {
  readonly metal: MetalImageService;
}

/** The scope of the vendor's routes, whose bodies are bytes until an operation decodes them. */
export type MetalServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
