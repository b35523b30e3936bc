import type { MetalImage, MetalImageUse } from '../domain/metal/metal-image.js';
import type { MetalImageChange, MetalWriter } from '../domain/metal/metal-ports.js';
import { PrismaMetalReader } from './metal-reader.js';
import { fromFeatures, fromMetalImage, toMetalImage } from './metal-rows.js';
import { deleteOrphans } from './metal-selection.js';

/** Reads and writes metal images within one transaction of the writer client. */
export class PrismaMetalWriter extends PrismaMetalReader implements MetalWriter {
  async insertImage(image: MetalImage): Promise<void> {
    await this.client.metalImage.create({ data: fromMetalImage(image) });
  }

  async updateImage(id: string, revision: number, change: MetalImageChange): Promise<MetalImage | null> {
    const { features, ...columns } = change;
    const [row] = await this.client.metalImage.updateManyAndReturn({
      where: { id, revision },
      data: { ...columns, ...(features ? fromFeatures(features) : {}), revision: revision + 1 },
    });
    return row ? toMetalImage(row) : null;
  }

  async deleteImage(id: string): Promise<void> {
    await this.client.metalImage.delete({ where: { id } });
  }

  async deleteOrphans(now: Date): Promise<void> {
    await this.client.$executeRaw(deleteOrphans(now));
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
    const use = await this.client.metalImageUse.findUnique({ where: { machineId } });
    if (!use) return null;
    await this.client.metalImageUse.delete({ where: { machineId } });
    return use.imageId;
  }
}
