import type { RouteOptions } from 'fastify';
import type { BlobStore, ImageProcessor } from '../domain/ports.js';
import type { ResolveName } from '../lib/guarded-request.js';
import type { ServerTimeouts } from '../web/connections/timeouts.js';

/** What tests put in the place of the real thing. */
export interface Overrides {
  readonly blobs?: BlobStore;
  readonly processor?: (real: ImageProcessor) => ImageProcessor;
  readonly onQuery?: (sql: string) => void;
  readonly now?: () => Date;
  /** Which addresses may be asked for files, for the URLs of metal images and by webhooks. */
  readonly isAllowedAddress?: (address: string) => boolean;
  readonly resolveName?: ResolveName;
  /** How long a webhook waits after so many failed attempts in a row. */
  readonly webhookRetryMs?: (failedAttempts: number) => number;
  /** How long after a purge of the CDN it is repeated, and how long it waits after so many failed attempts in a row. */
  readonly purgeRepeatMs?: number;
  readonly purgeRetryMs?: (failedAttempts: number) => number;
  /** False sends all of GraphQL through Yoga's own requests and responses. */
  readonly directGraphql?: boolean;
  /** How many executions of a query come before it is compiled. */
  readonly compileAfter?: number;
  readonly onRoute?: (route: RouteOptions) => void;
  readonly timeouts?: Partial<ServerTimeouts>;
  readonly logStream?: { write(line: string): void };
}
