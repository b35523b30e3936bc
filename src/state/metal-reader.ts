import type { MetalImage, MetalImageUse } from '../domain/metal/metal-image.js';
import type { MetalImageFilter, MetalImageMatch, MetalImageQuery, MetalReader } from '../domain/metal/metal-ports.js';
import type { MetalImage as MetalImageRow, Prisma } from './generated/client.js';
import {
  newestFirst,
  selectOrphans,
  toMetalImage,
  whereMatches,
  whereMeets,
  whereStandsBetween,
} from './metal-rows.js';
import type { Scans } from './scans.js';

/** Reads metal images over the read-only client, or within a transaction. */
export class PrismaMetalReader implements MetalReader {
  constructor(protected readonly client: Prisma.TransactionClient) {}

  async imagesById(ids: readonly string[]): Promise<MetalImage[]> {
    return (await this.client.metalImage.findMany({ where: { id: { in: [...ids] } } })).map(toMetalImage);
  }

  async images(query: MetalImageQuery): Promise<MetalImage[]> {
    const forwards = query.take === 'first';
    const rows = await this.client.metalImage.findMany({
      where: { AND: [whereMeets(query.filter, query.now), whereStandsBetween(query)] },
      orderBy: { id: forwards ? 'asc' : 'desc' },
      ...(query.limit === undefined ? {} : { take: query.limit }),
    });
    const images = rows.map(toMetalImage);
    return forwards ? images : images.reverse();
  }

  countImages(filter: MetalImageFilter, now: Date): Promise<number> {
    return this.client.metalImage.count({ where: whereMeets(filter, now) });
  }

  async matching(match: MetalImageMatch): Promise<MetalImage[]> {
    const rows = await this.client.metalImage.findMany({ where: whereMatches(match), orderBy: [...newestFirst] });
    return rows.map(toMetalImage);
  }

  async latest(match: MetalImageMatch, unexpiredAt?: Date): Promise<MetalImage | null> {
    const row = await this.client.metalImage.findFirst({
      where: { ...whereMatches(match), ...(unexpiredAt ? { expirationDate: { gt: unexpiredAt } } : {}) },
      orderBy: [...newestFirst],
    });
    return row && toMetalImage(row);
  }

  async orphans(now: Date): Promise<MetalImage[]> {
    return (await this.client.$queryRaw<MetalImageRow[]>(selectOrphans(now))).map(toMetalImage);
  }

  usesOf(imageIds: readonly string[]): Promise<MetalImageUse[]> {
    return this.client.metalImageUse.findMany({
      where: { imageId: { in: [...imageIds] } },
      orderBy: { machineId: 'asc' },
    });
  }
}

/** Reads over the read-only client; what no index serves is a scan. */
export class ScanningMetalReader extends PrismaMetalReader {
  constructor(
    client: Prisma.TransactionClient,
    private readonly scans: Scans,
  ) {
    super(client);
  }

  override images(query: MetalImageQuery): Promise<MetalImage[]> {
    const costly = Object.keys(query.filter);
    if (query.limit !== undefined && costly.length === 0) return super.images(query);
    return this.#scan(costly.length === 0 ? ['the whole list'] : costly, (reader) => reader.images(query));
  }

  override countImages(filter: MetalImageFilter, now: Date): Promise<number> {
    return this.#scan(['totalCount', ...Object.keys(filter)], (reader) => reader.countImages(filter, now));
  }

  override orphans(now: Date): Promise<MetalImage[]> {
    return this.#scan(['orphans'], (reader) => reader.orphans(now));
  }

  #scan<Result>(costly: readonly string[], read: (reader: PrismaMetalReader) => Promise<Result>): Promise<Result> {
    return this.scans.run({ account: 'metal', costly }, (client) => read(new PrismaMetalReader(client)));
  }
}
