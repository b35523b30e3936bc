import { openCaller } from '../../domain/identity/caller.js';
import type { ImportService } from '../../domain/imports/import-service.js';
import type { LookupClient } from '../../domain/imports/read-through.js';
import type { Removal } from '../../domain/imports/removal.js';
import type { Limits } from '../../domain/limits.js';
import type { Spool, StateReader } from '../../domain/ports.js';
import type { Waiter } from '../../lib/single-flight.js';
import { importItem } from '../import-item.js';
import type { ForeignItem } from '../upstream.js';
import { UpstreamClient, UpstreamError } from '../upstream-client.js';
import type { Lookups } from './lookups.js';

interface MissingItemsOptions {
  readonly baseUrl: string;
  /** Made for each request: signatures have dates. */
  readonly headers: () => Readonly<Record<string, string>>;
  readonly lookups: Lookups;
  readonly imports: ImportService;
  readonly spool: Spool;
  readonly read: StateReader;
  readonly limits: Limits;
}

/** The server itself: who may have things imported is decided before. Their files wait for inspection as those of one client. */
const importer = { ...openCaller, client: 'upstream' };

/** Few attempts and short pauses, as somebody waits. */
const attempts = { upstreamAttempts: 2, upstreamWaitSeconds: 1 } as const;

/** Looks for a thing in the API; null if it has none. */
type Look = (client: UpstreamClient) => Promise<ForeignItem | null>;

/** Things that are missing here, and imported from one API one by one. */
export class MissingItems {
  constructor(private readonly options: MissingItemsOptions) {}

  /** Resolves with whether it was imported, or is here already. */
  bring(key: string, removal: Removal, look: Look, waiter: Waiter): Promise<boolean> {
    const { lookups, imports, spool, read, limits } = this.options;
    return lookups.find(
      key,
      async (signal) => {
        if (await read.removals.has(removal)) return false;
        try {
          const item = await look(this.#client(signal, limits.jsonBytes));
          if (!item) return false;
          await importItem({ imports, spool, caller: importer }, item, { onlyMissing: true });
          return true;
        } catch (error) {
          if (error instanceof UpstreamError && error.status === 404) return false;
          throw error;
        }
      },
      waiter,
    );
  }

  /** Reads a list of the API, as a lookup among the others. */
  async readList(key: string, work: (client: UpstreamClient) => Promise<void>, waiter: Waiter): Promise<void> {
    const { lookups, limits } = this.options;
    const look = async (signal: AbortSignal): Promise<boolean> => {
      await work(this.#client(signal, limits.upstreamListBytes));
      return true;
    };
    await lookups.find(key, look, waiter);
  }

  /** Waits for all that one request looks for, however much that is. */
  waiterFor({ client, keyId }: LookupClient): Waiter {
    const signal = AbortSignal.timeout(this.options.limits.upstreamLookupSeconds * 1_000);
    return { client: client ?? keyId ?? '', signal };
  }

  #client(signal: AbortSignal, listBytes: number): UpstreamClient {
    const { baseUrl, headers, limits } = this.options;
    const own = { upstreamSeconds: limits.upstreamLookupSeconds, upstreamListBytes: listBytes };
    return new UpstreamClient({ baseUrl, headers, limits: { ...limits, ...attempts, ...own }, signal });
  }
}

/** An API that responds with something else than what it was asked for is not trusted with it. */
export const requireSame = (wanted: string, found: string | undefined): void => {
  if (found !== wanted) throw new UpstreamError(`The API responded with ${found} instead of ${wanted}.`);
};
