import type { AccountId, ImageId, PublicId } from '../../domain/images/image.js';
import type { ReadThrough } from '../../domain/imports/read-through.js';
import type { Limits } from '../../domain/limits.js';
import type { Spool, StateReader } from '../../domain/ports.js';
import type { Waiter } from '../../lib/single-flight.js';
import { createMoovUpstream } from '../moov.js';
import type { Upstream } from '../upstream.js';
import type { UpstreamClient } from '../upstream-client.js';
import { type MissingItems, requireSame } from './missing-items.js';
import { PublicIds } from './public-ids.js';

interface MoovImagesOptions {
  readonly baseUrl: string;
  /** The accounts whose images are looked for if nobody names an account, and by public ids. */
  readonly accountIds: readonly AccountId[];
  readonly items: MissingItems;
  readonly spool: Spool;
  readonly read: StateReader;
  readonly limits: Limits;
  readonly now: () => Date;
}

/** Images that are missing here and that Moov's API may have. */
export const moovImages = (options: MoovImagesOptions): Pick<ReadThrough, 'image' | 'publicImage'> => {
  const { baseUrl, accountIds, items, spool, read, limits, now } = options;
  const publicIds = new Map(accountIds.map((accountId) => [accountId, new PublicIds(limits, now)]));

  const upstreamOf = (client: UpstreamClient, accountId: AccountId): Upstream =>
    createMoovUpstream({ client, baseUrl, accountId, spool, limits });

  const bring = (accountId: AccountId, id: ImageId, waiter: Waiter): Promise<boolean> =>
    items.bring(
      `${accountId}/${id}`,
      { imageId: id },
      async (client) => {
        // if it is here, it is another account's
        if ((await read.imagesById([id])).length > 0) return null;
        const item = (await upstreamOf(client, accountId).find?.({ imageId: id })) ?? null;
        if (item && 'image' in item) requireSame(id, item.image.kept.id);
        return item;
      },
      waiter,
    );

  /** Moov finds an image by its id only: which has the public id, a list of the account says. */
  const bringPublic = async (accountId: AccountId, publicId: PublicId, waiter: Waiter): Promise<boolean> => {
    const list = publicIds.get(accountId);
    if (!list) return false;
    if (!list.isRead()) {
      await items.readList(`${accountId}/list`, (client) => list.read(upstreamOf(client, accountId)), waiter);
    }
    const id = list.get(publicId);
    return id !== undefined && bring(accountId, id, waiter);
  };

  const inTurn = async (
    accountId: AccountId | null,
    bringFrom: (accountId: AccountId) => Promise<boolean>,
  ): Promise<boolean> => {
    for (const each of accountId ? [accountId] : accountIds) if (await bringFrom(each)) return true;
    return false;
  };

  return {
    image({ id, accountId }, client) {
      const waiter = items.waiterFor(client);
      return inTurn(accountId, (each) => bring(each, id, waiter));
    },
    publicImage({ publicId, accountId }, client) {
      const waiter = items.waiterFor(client);
      return inTurn(accountId, (each) => bringPublic(each, publicId, waiter));
    },
  };
};
