import { identityOf } from '../../domain/images/address.js';
import type { AccountId } from '../../domain/images/image.js';
import type { ImportService } from '../../domain/imports/import-service.js';
import type { ReadThrough } from '../../domain/imports/read-through.js';
import type { Limits } from '../../domain/limits.js';
import { parseImageName } from '../../domain/metal/metal-image.js';
import type { Spool, StateReader } from '../../domain/ports.js';
import { textFault } from '../../domain/storable.js';
import { type GleanCredentials, gleanHeaders, gleanItemAt } from '../glean.js';
import { createMetalUpstream, type MetalCredentials, metalHeaders } from '../metal.js';
import { type MoovCredentials, moovHeaders } from '../moov.js';
import { type LookupOutcome, Lookups } from './lookups.js';
import { MissingItems, requireSame } from './missing-items.js';
import { moovImages } from './moov-images.js';

/** The APIs that the server reads through to, by the URLs that they have for an import; null for those that it does not. */
export interface UpstreamLocations {
  readonly moov: { readonly baseUrl: string; readonly accountIds: readonly AccountId[] } | null;
  readonly metal: { readonly baseUrl: string } | null;
  readonly glean: { readonly baseUrl: string; readonly accountId: AccountId } | null;
}

/** How requests to the APIs authenticate. */
export interface UpstreamCredentials {
  readonly moov: MoovCredentials;
  readonly metal: MetalCredentials;
  readonly glean: GleanCredentials;
}

type Api = keyof UpstreamLocations;

interface UpstreamMeter {
  /** @param seconds Of the requests and the import; absent if there were none. */
  upstreamLookedUp(api: Api, outcome: LookupOutcome, seconds?: number): void;
}

interface ReadThroughOptions {
  readonly locations: UpstreamLocations;
  readonly credentials: UpstreamCredentials;
  readonly imports: ImportService;
  readonly spool: Spool;
  readonly read: StateReader;
  readonly limits: Limits;
  readonly now: () => Date;
  readonly meter: UpstreamMeter;
  readonly onFailure: (api: Api, error: unknown) => void;
}

export interface OpenReadThrough extends ReadThrough {
  /** Ends all lookups, and resolves when nothing is imported any more. */
  close(): Promise<void>;
}

/** Undefined if the server reads through to no API. */
export const openReadThrough = (options: ReadThroughOptions): OpenReadThrough | undefined => {
  const { locations, credentials } = options;
  if (!locations.moov && !locations.metal && !locations.glean) return undefined;
  const opened: Lookups[] = [];
  /** An API that is slow takes places from no other. */
  const itemsOf = (api: Api, baseUrl: string, headers: () => Readonly<Record<string, string>>): MissingItems => {
    const { limits, now, meter, onFailure } = options;
    const lookups = new Lookups({
      limits,
      now,
      finished: (outcome, seconds) => meter.upstreamLookedUp(api, outcome, seconds),
      onFailure: (error) => onFailure(api, error),
    });
    opened.push(lookups);
    return new MissingItems({ ...options, baseUrl, headers, lookups });
  };
  const { moov, metal, glean } = locations;
  return {
    ...nothing,
    ...(moov &&
      moovImages({ ...options, ...moov, items: itemsOf('moov', moov.baseUrl, () => moovHeaders(credentials.moov)) })),
    ...(metal &&
      metalImages(
        options,
        metal.baseUrl,
        itemsOf('metal', metal.baseUrl, () => metalHeaders(credentials.metal)),
      )),
    ...(glean &&
      addressedImages(
        options,
        glean,
        itemsOf('glean', glean.baseUrl, () => gleanHeaders(credentials.glean)),
      )),
    close: async () => {
      await Promise.all(opened.map((lookups) => lookups.close()));
    },
  };
};

const no = async (): Promise<boolean> => false;
const nothing: ReadThrough = { image: no, publicImage: no, addressedImage: no, metalImage: no };

/** By a complete id: what a shortened one means is decided by what is here. */
const metalImages = (
  { limits }: ReadThroughOptions,
  baseUrl: string,
  items: MissingItems,
): Pick<ReadThrough, 'metalImage'> => ({
  async metalImage(id, client) {
    // no metal image can have such an id
    if (textFault(id, limits.metalIdLength) || 'fault' in parseImageName(id)) return false;
    const look: Parameters<MissingItems['bring']>[2] = async (upstream) => {
      const item = (await createMetalUpstream({ client: upstream, baseUrl }).find?.({ metalImageId: id })) ?? null;
      if (item && 'metalImage' in item) requireSame(id, item.metalImage.input.imageId);
      return item;
    };
    return items.bring(id, { metalImageId: id }, look, items.waiterFor(client));
  },
});

/** For the one account whose images Glean's are: with the server's credentials, the API would show them to every other account too. */
const addressedImages = (
  { spool, limits }: ReadThroughOptions,
  { baseUrl, accountId }: NonNullable<UpstreamLocations['glean']>,
  items: MissingItems,
): Pick<ReadThrough, 'addressedImage'> => ({
  async addressedImage({ accountId: wanted, address, key }, client) {
    if (wanted !== accountId) return false;
    return items.bring(
      identityOf(address),
      { accountId, address },
      async (upstream) => gleanItemAt({ client: upstream, baseUrl, accountId, spool, limits }, { address, key }),
      items.waiterFor(client),
    );
  },
});
