import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ImageService } from '../../domain/services/image-service.js';
import type { PresentImages } from './present-images.js';
import type { FormReader } from './upload-form.js';

/** What a DELETE of Moov's API does: "until v0.21.x permanently delete; from v0.22.10 disable". */
export type MoovDelete = 'disable' | 'permanent';

/** What the operations work with. */
export interface MoovServices {
  readonly images: ImageService;
  readonly present: PresentImages;
  readonly forms: FormReader;
  readonly deletes: MoovDelete;
}

/** The scope of Moov's routes, whose schemas are zod's and whose requests have a caller confined to the account of the URL. */
export type MoovServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
