import type { Address } from '../domain/address.js';
import type { ImageChange } from '../domain/changes.js';
import { DuplicateImageError } from '../domain/errors.js';
import type { AccountId, Image, ImageBlob, ImageId, ImageMetadata, Sha256 } from '../domain/image.js';
import type { ApiKeyWriter, GrantWriter, ImageColumns, StateWriter } from '../domain/ports.js';
import { PrismaApiKeyWriter } from './api-keys.js';
import type { ChangeLog } from './change-log.js';
import { Prisma } from './generated/client.js';
import { PrismaGrantWriter } from './grants.js';
import { PrismaMetalWriter } from './metal-writer.js';
import { addressKeyOf, dedupeKeyOf, fromBlob, fromImage, fromMetadata, toImage, toMetadata } from './rows.js';

/** Reads and writes within one transaction of the writer client. */
export class PrismaStateWriter implements StateWriter {
  readonly metal: PrismaMetalWriter;
  readonly keys: ApiKeyWriter;
  readonly grants: GrantWriter;

  constructor(
    private readonly transaction: Prisma.TransactionClient,
    private readonly changes: ChangeLog,
  ) {
    this.metal = new PrismaMetalWriter(transaction, changes);
    this.grants = new PrismaGrantWriter(transaction);
    this.keys = new PrismaApiKeyWriter(transaction);
  }

  async image(id: ImageId): Promise<Image | null> {
    const row = await this.transaction.image.findUnique({ where: { id } });
    return row && toImage(row);
  }

  async metadata(id: ImageId): Promise<ImageMetadata | null> {
    const row = await this.transaction.imageMetadata.findUnique({ where: { imageId: id } });
    return row && toMetadata(row);
  }

  async imageByBytes(accountId: AccountId, sha256: Sha256): Promise<Image | null> {
    const row = await this.transaction.image.findUnique({ where: { dedupeKey: dedupeKeyOf(accountId, sha256) } });
    return row && toImage(row);
  }

  async imageByAddress(accountId: AccountId, address: Address): Promise<Image | null> {
    const where = { metadata: { addressKey: addressKeyOf(accountId, address) } };
    const row = await this.transaction.image.findFirst({ where });
    return row && toImage(row);
  }

  countImages(accountId: AccountId): Promise<number> {
    return this.transaction.image.count({ where: { accountId } });
  }

  async saveBlob(blob: ImageBlob): Promise<void> {
    const clearTombstone = Prisma.sql`DO UPDATE SET "unnamedOn" = NULL WHERE "unnamedOn" IS NOT NULL`;
    await this.#insert('Blob', fromBlob(blob, null), Prisma.sql`ON CONFLICT ("sha256") ${clearTombstone}`);
  }

  async saveUnnamedBlob(blob: ImageBlob, unnamedOn: Date): Promise<void> {
    await this.#insert('Blob', fromBlob(blob, unnamedOn), Prisma.sql`ON CONFLICT ("sha256") DO NOTHING`);
  }

  async insertImage(image: Image, metadata: ImageMetadata): Promise<void> {
    const row = fromImage(image, metadata);
    const addressKey = metadata.address && addressKeyOf(image.accountId, metadata.address);
    const inserted = await this.#insert('Image', row, Prisma.sql`ON CONFLICT ("dedupeKey") DO NOTHING`);
    if (inserted === 0) throw await this.#duplicateOf(row.dedupeKey ?? '');
    await this.#insert('ImageMetadata', { ...fromMetadata(metadata), addressKey });
    this.changes.noteImage({ kind: 'CREATED', image });
  }

  /** How many rows were inserted. Prisma's own way plans and maps each row again, which costs an upload as much as its commit. */
  #insert(table: 'Blob' | 'Image' | 'ImageMetadata', row: object, onConflict = Prisma.empty): Promise<number> {
    const columns = Prisma.raw(
      Object.keys(row)
        .map((name) => `"${name}"`)
        .join(', '),
    );
    const values = Prisma.join(Object.values(row));
    return this.transaction
      .$executeRaw`INSERT INTO ${Prisma.raw(`"${table}"`)} (${columns}) VALUES (${values}) ${onConflict}`;
  }

  async updateImage(id: ImageId, columns: ImageColumns): Promise<Image> {
    const image = await this.#updateColumns(id, columns);
    this.changes.noteImage({ kind: kindOf(columns), image });
    return image;
  }

  async #updateColumns(id: ImageId, { sha256, ...columns }: ImageColumns): Promise<Image> {
    if (!sha256) return toImage(await this.transaction.image.update({ where: { id }, data: columns }));
    const present = await this.transaction.image.findUniqueOrThrow({
      where: { id },
      select: { accountId: true, dedupeKey: true, blobSha256: true },
    });
    const dedupeKey = present.dedupeKey && dedupeKeyOf(present.accountId, sha256);
    const data = { ...columns, blobSha256: sha256, dedupeKey };
    try {
      const image = toImage(await this.transaction.image.update({ where: { id }, data }));
      await this.#buryUnlessNamed(present.blobSha256 as Sha256, columns.updatedOn);
      return image;
    } catch (error) {
      throw dedupeKey && violatesUnique(error, 'dedupeKey') ? await this.#duplicateOf(dedupeKey) : error;
    }
  }

  async updateMetadata(metadata: ImageMetadata): Promise<void> {
    const { imageId, ...data } = fromMetadata(metadata);
    await this.transaction.imageMetadata.update({ where: { imageId }, data });
    this.changes.writtenImages.add(metadata.imageId);
  }

  async deleteImage(id: ImageId, deletedOn: Date): Promise<void> {
    // the foreign key deletes the metadata
    const image = toImage(await this.transaction.image.delete({ where: { id } }));
    await this.#buryUnlessNamed(image.sha256, deletedOn);
    this.changes.noteImage({ kind: 'DELETED', image });
  }

  async isRemovable(sha256: Sha256, before: Date): Promise<boolean> {
    const blob = await this.transaction.blob.findUnique({ where: { sha256, unnamedOn: { lte: before } } });
    const naming = await this.transaction.image.findFirst({ where: { blobSha256: sha256 }, select: { id: true } });
    return blob !== null && naming === null;
  }

  async deleteBlob(sha256: Sha256): Promise<void> {
    await this.transaction.blob.delete({ where: { sha256 } });
  }

  /** Gives the blob its tombstone if its last image went. */
  async #buryUnlessNamed(sha256: Sha256, unnamedOn: Date): Promise<void> {
    await this.transaction.$executeRaw`UPDATE "Blob" SET "unnamedOn" = ${unnamedOn}
      WHERE "sha256" = ${sha256} AND NOT EXISTS (SELECT 1 FROM "Image" WHERE "blobSha256" = ${sha256})`;
  }

  async #duplicateOf(dedupeKey: string): Promise<DuplicateImageError> {
    return new DuplicateImageError(toImage(await this.transaction.image.findUniqueOrThrow({ where: { dedupeKey } })));
  }
}

const kindOf = ({ disabledOn }: ImageColumns): ImageChange['kind'] => {
  if (disabledOn === undefined) return 'UPDATED';
  return disabledOn ? 'DISABLED' : 'ENABLED';
};

/** Whether the column's uniqueness was violated; Prisma tells the columns only where the driver's own error is kept. */
const violatesUnique = (error: unknown, column: string): boolean => {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2002') return false;
  const driverError = error.meta?.['driverAdapterError'] as
    | { cause?: { constraint?: { fields?: readonly string[] } } }
    | undefined;
  return driverError?.cause?.constraint?.fields?.includes(column) ?? false;
};
