import type { Change, ChangeReader, ImageChange, JournalEntry, MetalImageChange } from '../domain/changes/changes.js';
import type { AccountId, ImageId, PublicId } from '../domain/images/image.js';
import type { Change as ChangeRow, PrismaClient } from './generated/client.js';
import { toMetalImage } from './metal-rows.js';
import { toImage } from './rows.js';

/** Reads the journal, and for each page of it the images as they are now. */
export class PrismaChangeReader implements ChangeReader {
  constructor(
    private readonly client: PrismaClient,
    private readonly store: string,
  ) {}

  async head(): Promise<number> {
    const row = await this.client.change.findFirst({ orderBy: { seq: 'desc' }, select: { seq: true } });
    return Number(row?.seq ?? 0);
  }

  async oldest(limit: number): Promise<Pick<Change, 'seq' | 'occurredOn'>[]> {
    const rows = await this.client.change.findMany({
      orderBy: { seq: 'asc' },
      take: limit,
      select: { seq: true, occurredOn: true },
    });
    return rows.map(({ seq, occurredOn }) => ({ seq: Number(seq), occurredOn }));
  }

  async images(accountId: AccountId, after: number, limit: number): Promise<ImageChange[]> {
    const rows = await this.#rows(accountId, after, limit);
    const ids = [...new Set(rows.map(({ imageId }) => imageId ?? ''))];
    const found = ids.length === 0 ? [] : await this.client.image.findMany({ where: { id: { in: ids } } });
    const images = new Map(found.map((row) => [row.id, toImage(row)]));
    return rows.map(({ seq, occurredOn, kind, imageId }) => ({
      of: 'image',
      store: this.store,
      seq: Number(seq),
      occurredOn,
      kind: kind as ImageChange['kind'],
      imageId: imageId as ImageId,
      accountId,
      image: images.get(imageId ?? '') ?? null,
    }));
  }

  async entries(accountId: AccountId, after: number, limit: number): Promise<JournalEntry[]> {
    const rows = await this.#rows(accountId, after, limit);
    return rows.map(({ seq, occurredOn, kind, imageId, publicId }) => ({
      store: this.store,
      seq: Number(seq),
      occurredOn,
      kind: kind as ImageChange['kind'],
      imageId: imageId as ImageId,
      accountId,
      publicId: publicId as PublicId,
    }));
  }

  async changedImages(after: number, limit: number): Promise<Pick<JournalEntry, 'seq' | 'publicId'>[]> {
    const rows = await this.client.change.findMany({
      where: { publicId: { not: null }, seq: { gt: after } },
      orderBy: { seq: 'asc' },
      take: limit,
      select: { seq: true, publicId: true },
    });
    return rows.map(({ seq, publicId }) => ({ seq: Number(seq), publicId: publicId as PublicId }));
  }

  async metalImages(after: number, limit: number): Promise<MetalImageChange[]> {
    const rows = await this.#rows(null, after, limit);
    const ids = [...new Set(rows.map(({ metalImageId }) => metalImageId ?? ''))];
    const found = ids.length === 0 ? [] : await this.client.metalImage.findMany({ where: { id: { in: ids } } });
    const images = new Map(found.map((row) => [row.id, toMetalImage(row)]));
    return rows.map(({ seq, occurredOn, kind, metalImageId }) => ({
      of: 'metalImage',
      store: this.store,
      seq: Number(seq),
      occurredOn,
      kind: kind as MetalImageChange['kind'],
      imageId: metalImageId ?? '',
      image: images.get(metalImageId ?? '') ?? null,
    }));
  }

  /** Changes of the images of an account, or of metal images, which have none. An index has each together. */
  #rows(accountId: AccountId | null, after: number, limit: number): Promise<ChangeRow[]> {
    return this.client.change.findMany({
      where: { accountId, seq: { gt: after } },
      orderBy: { seq: 'asc' },
      take: limit,
    });
  }
}
