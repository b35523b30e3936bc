import type { MetalImage, MetalImageUse } from '../domain/metal/metal-image.js';
import type { MetalImageColumns, MetalWriter } from '../domain/metal/metal-ports.js';
import type { ChangeLog } from './change-log.js';
import type { Prisma } from './generated/client.js';
import { LostRaceError } from './lost-race.js';
import { PrismaMetalReader } from './metal-reader.js';
import { deleteOrphans, fromFeatures, fromMetalImage, toMetalImage } from './metal-rows.js';

/** Reads and writes metal images within one transaction of the writer client. */
export class PrismaMetalWriter extends PrismaMetalReader implements MetalWriter {
  constructor(
    transaction: Prisma.TransactionClient,
    private readonly changes: ChangeLog,
  ) {
    super(transaction);
  }

  async insertImage(image: MetalImage): Promise<void> {
    await this.client.metalImage.create({ data: fromMetalImage(image) });
    this.changes.noteMetalImage('CREATED', image);
  }

  async updateImage({ id, revision }: MetalImage, change: MetalImageColumns): Promise<MetalImage> {
    const { features, ...columns } = change;
    const [row] = await this.client.metalImage.updateManyAndReturn({
      where: { id, revision },
      data: { ...columns, ...(features ? fromFeatures(features) : {}), revision: revision + 1 },
    });
    if (!row) throw LostRaceError.changed(`The metal image ${id}`);
    const image = toMetalImage(row);
    this.changes.noteMetalImage('UPDATED', image);
    return image;
  }

  async deleteImage(image: MetalImage): Promise<void> {
    const { id, revision } = image;
    const { count } = await this.client.metalImage.deleteMany({ where: { id, revision } });
    if (count === 0) throw LostRaceError.changed(`The metal image ${id}`);
    this.#noteDeleted(image);
  }

  async deleteOrphans(now: Date): Promise<MetalImage[]> {
    const images = await this.orphans(now);
    const deleted = await this.client.$executeRaw(deleteOrphans(now));
    if (deleted !== images.length) throw LostRaceError.changed('One of the metal images');
    for (const image of images) this.#noteDeleted(image);
    return images;
  }

  async saveUse({ machineId, imageId }: MetalImageUse): Promise<void> {
    await this.client.metalImageUse.upsert({
      where: { machineId },
      create: { machineId, imageId },
      update: { imageId },
      select: { machineId: true },
    });
  }

  async deleteUse(machineId: string): Promise<string | null> {
    const [use] = await this.client.$queryRaw<Pick<MetalImageUse, 'imageId'>[]>`
      DELETE FROM "MetalImageUse" WHERE "machineId" = ${machineId} RETURNING "imageId"`;
    return use?.imageId ?? null;
  }

  #noteDeleted(image: MetalImage): void {
    this.changes.noteMetalImage('DELETED', image);
  }
}
