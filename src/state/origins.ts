import type { ImageId } from '../domain/images/image.js';
import type { ImportedEntry, ImportedId, Origin, OriginReader, OriginWriter } from '../domain/imports/origin.js';
import type { Origin as OriginRow, Prisma, PrismaClient } from './generated/client.js';

export class PrismaOriginReader implements OriginReader {
  constructor(protected readonly client: Pick<PrismaClient | Prisma.TransactionClient, 'origin'>) {}

  async find(id: ImportedId): Promise<Origin | null> {
    return this.client.origin.findUnique({ where: whereOf(id), select: { source: true, revision: true } });
  }

  async list(source: string, after: number, limit: number): Promise<ImportedEntry[]> {
    const where = { source, id: { gt: after } };
    return (await this.client.origin.findMany({ where, orderBy: { id: 'asc' }, take: limit })).map(toEntry);
  }
}

/** Within one transaction of the writer client. */
export class PrismaOriginWriter extends PrismaOriginReader implements OriginWriter {
  async save(id: ImportedId, origin: Origin): Promise<void> {
    const where = whereOf(id);
    await this.client.origin.upsert({ where, create: { ...where, ...origin }, update: origin, select: { id: true } });
  }
}

const whereOf = ({ imageId, metalImageId }: ImportedId) => (imageId === undefined ? { metalImageId } : { imageId });

const toEntry = ({ id, imageId, metalImageId }: OriginRow): ImportedEntry => ({
  position: Number(id),
  // a row names exactly one of them
  id: imageId === null ? { metalImageId: metalImageId ?? '' } : { imageId: imageId as ImageId },
});
