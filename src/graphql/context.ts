import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyBaseLogger } from 'fastify';
import type { ChangeCursor } from '../domain/changes/changes.js';
import type { Presets } from '../domain/delivery/presets.js';
import type { Variants } from '../domain/delivery/variants.js';
import type { Caller } from '../domain/identity/caller.js';
import type { ImageService } from '../domain/images/image-service.js';
import type { Locale } from '../domain/images/locale.js';
import type { Limits } from '../domain/limits.js';
import type { MetalImageService } from '../domain/metal/metal-image-service.js';
import type { WebhookService } from '../domain/webhooks/webhook-service.js';
import type { Loaders } from './loaders.js';

/** What resolvers work with; created for each request. */
export interface GraphqlContext extends GraphqlServices {
  readonly caller: Caller;
  /** Opens a stream for the caller, within the limits and for as long as the caller's key is valid. */
  readonly openStream: <Item>(start: () => AsyncIterableIterator<Item>) => AsyncIterableIterator<Item>;
  /** Waits, before many items are resolved, until other requests have had their turn. A short list waits for nothing. */
  readonly takeTurn: (items: number) => Promise<void> | undefined;
  /** Where a stream begins: after the header Last-Event-ID, else after the argument. */
  readonly resumeAfter: (argument: ChangeCursor | null | undefined) => ChangeCursor | undefined;
  readonly loaders: Loaders;
  readonly log: FastifyBaseLogger;
}

/** The part of the context that all requests share. */
export interface GraphqlServices {
  readonly images: ImageService;
  readonly metal: MetalImageService;
  readonly webhooks: WebhookService;
  readonly variants: Variants;
  readonly presets: Presets;
  readonly defaultLocale: Locale;
  readonly limits: Limits;
}

/** What a context needs to know of a request. */
export interface RequestParts {
  readonly caller: Caller;
  readonly headers: IncomingHttpHeaders;
  readonly log: FastifyBaseLogger;
}

type Surroundings = Pick<GraphqlContext, 'openStream' | 'takeTurn' | 'resumeAfter'>;

/** Named one by one: an object that is spread takes several times as long, and each request makes this one. */
export const createContext = (
  { images, metal, webhooks, variants, presets, defaultLocale, limits }: GraphqlServices,
  loaders: Loaders,
  { caller, log }: RequestParts,
  { openStream, takeTurn, resumeAfter }: Surroundings,
): GraphqlContext => ({
  images,
  metal,
  webhooks,
  variants,
  presets,
  defaultLocale,
  limits,
  caller,
  openStream,
  takeTurn,
  resumeAfter,
  loaders,
  log,
});
