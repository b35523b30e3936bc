import type { ImageChange } from '../domain/changes/changes.js';
import { DuplicateImageError } from '../domain/errors.js';
import type { Address } from '../domain/images/address.js';
import type { TranslationChanges, Translations } from '../domain/images/alt-texts.js';
import type {
  AccountId,
  Fingerprint,
  Image,
  ImageBlob,
  ImageId,
  ImageMetadata,
  InspectedBlob,
  Sha256,
} from '../domain/images/image.js';
import type { OriginWriter } from '../domain/imports/origin.js';
import type { Removal, RemovalWriter } from '../domain/imports/removal.js';
import type { ApiKeyWriter, GrantWriter, ImageColumns, StateWriter } from '../domain/ports.js';
import { PrismaApiKeyWriter } from './api-keys.js';
import type { ChangeLog } from './change-log.js';
import type { Dialect } from './database.js';
import { type Image as ImageRow, type ImageMetadata as MetadataRow, Prisma } from './generated/client.js';
import { PrismaGrantWriter } from './grants.js';
import { insertRow } from './insert-row.js';
import { LostRaceError } from './lost-race.js';
import { PrismaMetalWriter } from './metal-writer.js';
import { PrismaOriginWriter } from './origins.js';
import { PrismaRemovalWriter } from './removals.js';
import {
  addressKeyOf,
  dedupeKeyOf,
  fromBlob,
  fromImage,
  fromMetadata,
  toAddress,
  toImage,
  toMetadata,
  translationsByImage,
} from './rows.js';
import { deleteHashes, type FingerprintRow, type IndexedImage, imagesNaming, insertHashes } from './similar-images.js';
import { PrismaWebhookWriter } from './webhooks.js';

/** Reads and writes within one transaction of the writer client. */
export class PrismaStateWriter implements StateWriter {
  readonly metal: PrismaMetalWriter;
  readonly keys: ApiKeyWriter;
  readonly grants: GrantWriter;
  readonly origins: OriginWriter;
  readonly removals: RemovalWriter;
  readonly webhooks: PrismaWebhookWriter;

  constructor(
    private readonly transaction: Prisma.TransactionClient,
    private readonly changes: ChangeLog,
    private readonly dialect: Dialect,
  ) {
    this.metal = new PrismaMetalWriter(transaction, changes);
    this.grants = new PrismaGrantWriter(transaction);
    this.origins = new PrismaOriginWriter(transaction);
    this.removals = new PrismaRemovalWriter(transaction);
    this.keys = new PrismaApiKeyWriter(transaction);
    this.webhooks = new PrismaWebhookWriter(transaction, dialect);
  }

  async image(id: ImageId): Promise<Image | null> {
    const row = await this.transaction.image.findUnique({ where: { id } });
    return row && toImage(row);
  }

  async imageToDelete(id: ImageId): Promise<{ image: Image; removals: Removal[] } | null> {
    const [row] = await this.transaction.$queryRaw<DeletedRow[]>`
      SELECT "Image".*, "type", "addressId", "ds", "cid", "docId", "source"
      FROM "Image"
      JOIN "ImageMetadata" ON "ImageMetadata"."imageId" = "Image"."id"
      LEFT JOIN "Origin" ON "Origin"."imageId" = "Image"."id"
      WHERE "Image"."id" = ${id}`;
    if (!row) return null;
    const image = toImage(row);
    const address = toAddress(row);
    return {
      image,
      removals: [
        ...(address ? [{ accountId: image.accountId, address }] : []),
        ...(row.source === null ? [] : [{ imageId: id }]),
      ],
    };
  }

  async metadata(id: ImageId): Promise<ImageMetadata | null> {
    const row = await this.transaction.imageMetadata.findUnique({ where: { imageId: id } });
    return row && toMetadata(row);
  }

  async translations(id: ImageId): Promise<Translations> {
    const rows = await this.transaction.imageAltText.findMany({ where: { imageId: id } });
    return translationsByImage(rows).get(id) ?? new Map();
  }

  async imageByBytes(accountId: AccountId, sha256: Sha256): Promise<Image | null> {
    const row = await this.transaction.image.findUnique({ where: { dedupeKey: dedupeKeyOf(accountId, sha256) } });
    return row && toImage(row);
  }

  async imageByAddress(accountId: AccountId, address: Address): Promise<Image | null> {
    const where = { metadata: { addressKey: this.dialect.indexable(addressKeyOf(accountId, address)) } };
    const row = await this.transaction.image.findFirst({ where });
    return row && toImage(row);
  }

  async countImages(accountId: AccountId): Promise<number> {
    await this.dialect.lockAccount(this.transaction, accountId);
    return this.transaction.image.count({ where: { accountId } });
  }

  async saveBlob(blob: InspectedBlob): Promise<void> {
    const clearTombstone = Prisma.sql`("sha256") DO UPDATE SET "unnamedOn" = NULL WHERE "Blob"."unnamedOn" IS NOT NULL`;
    await insertRow(this.transaction, 'Blob', fromBlob(blob, null), clearTombstone);
  }

  async saveUnnamedBlob(blob: InspectedBlob, unnamedOn: Date): Promise<void> {
    await insertRow(this.transaction, 'Blob', fromBlob(blob, unnamedOn));
  }

  async insertImage(image: Image, metadata: ImageMetadata): Promise<void> {
    const row = fromImage(image, metadata);
    if ((await insertRow(this.transaction, 'Image', row)) === 0) throw await this.#takenBy(row.dedupeKey);
    const addressKey = metadata.address && this.dialect.indexable(addressKeyOf(image.accountId, metadata.address));
    if ((await insertRow(this.transaction, 'ImageMetadata', { ...fromMetadata(metadata), addressKey })) === 0) {
      throw LostRaceError.taken('ImageMetadata.addressKey');
    }
    this.changes.noteImage('CREATED', image);
  }

  /** Why an image was not inserted: nothing failed, so the transaction can still read. */
  async #takenBy(dedupeKey: string | null): Promise<Error> {
    const existing = dedupeKey && (await this.transaction.image.findUnique({ where: { dedupeKey } }));
    // a new attempt makes new ids
    return existing ? new DuplicateImageError(toImage(existing)) : LostRaceError.taken('Image.id');
  }

  async updateImage(before: Image, columns: ImageColumns): Promise<Image> {
    const image = await this.#updateColumns(before, columns);
    if (columns.sha256) await this.#abandonBytes(before, columns.updatedOn);
    this.changes.noteImage(kindOf(columns), image);
    return image;
  }

  async #updateColumns(before: Image, { sha256, ...columns }: ImageColumns): Promise<Image> {
    const data = sha256 ? { ...columns, blobSha256: sha256, ...(await this.#dedupeKeyFor(before, sha256)) } : columns;
    const [row] = await this.transaction.image.updateManyAndReturn({ where: revisionOf(before), data });
    if (!row) throw LostRaceError.changed(`The image ${before.id}`);
    return toImage(row);
  }

  /** An image has an address or none for as long as it exists, so this does not depend on its revision. */
  async #dedupeKeyFor({ id, accountId }: Image, sha256: Sha256): Promise<Pick<ImageRow, 'dedupeKey'> | undefined> {
    const row = await this.transaction.image.findUnique({ where: { id }, select: { dedupeKey: true } });
    return row?.dedupeKey ? { dedupeKey: dedupeKeyOf(accountId, sha256) } : undefined;
  }

  async updateMetadata(metadata: ImageMetadata): Promise<void> {
    const { imageId, ...data } = fromMetadata(metadata);
    const { count } = await this.transaction.imageMetadata.updateMany({ where: { imageId }, data });
    if (count === 0) throw LostRaceError.changed(`The image ${imageId}`);
    this.changes.noteMetadata(metadata.imageId);
  }

  async changeTranslations(imageId: ImageId, { removed, written }: TranslationChanges): Promise<void> {
    const locale = { in: [...removed, ...written.keys()] };
    await this.transaction.imageAltText.deleteMany({ where: { imageId, locale } });
    const data = [...written].map(([locale, text]) => ({ imageId, locale, text }));
    if (data.length > 0) await this.transaction.imageAltText.createMany({ data });
    this.changes.noteMetadata(imageId);
  }

  async deleteImage(before: Image, deletedOn: Date): Promise<void> {
    // the foreign keys delete the metadata and the texts
    const { count } = await this.transaction.image.deleteMany({ where: revisionOf(before) });
    if (count === 0) throw LostRaceError.changed(`The image ${before.id}`);
    await this.#abandonBytes(before, deletedOn);
    this.changes.noteImage('DELETED', before);
  }

  async deleteUnnamedBlob(sha256: Sha256, before: Date): Promise<boolean> {
    const where = { sha256, unnamedOn: { lte: before }, images: { none: {} } };
    return (await this.transaction.blob.deleteMany({ where })).count > 0;
  }

  async deleteChanges(through: number): Promise<void> {
    await this.transaction.change.deleteMany({ where: { seq: { lte: through } } });
  }

  async setPurgedSeq(seq: number): Promise<void> {
    const where = { OR: [{ purgedSeq: null }, { purgedSeq: { lt: seq } }] };
    await this.transaction.store.updateMany({ where, data: { purgedSeq: seq } });
  }

  async indexImage(image: Image, { fingerprint }: ImageBlob): Promise<void> {
    if (fingerprint) await insertHashes(this.transaction, [{ ...image, fingerprint }]);
  }

  async updateFacts(blob: InspectedBlob): Promise<boolean> {
    const { sha256, fingerprint, factsVersion } = blob;
    // whatever names or leaves the blob meanwhile waits, and then finds these facts
    await this.dialect.lockBlob(this.transaction, sha256);
    const { unnamedOn: _, ...data } = fromBlob(blob, null);
    const where = { sha256, factsVersion: { lt: factsVersion } };
    const older = await this.transaction.blob.findFirst({ where, select: { fingerprint: true } });
    if (!older) return false;
    await this.transaction.blob.update({ where: { sha256 }, data });
    if (older.fingerprint === fingerprint) return true;
    const left = older.fingerprint as Fingerprint | null;
    for (let after: ImageId | null = null; ; ) {
      const images: IndexedImage[] = await imagesNaming(this.transaction, sha256, after);
      if (left) for (const image of images) await deleteHashes(this.transaction, image, left);
      if (fingerprint)
        await insertHashes(
          this.transaction,
          images.map((image) => ({ ...image, fingerprint })),
        );
      after = images.at(-1)?.id ?? null;
      if (after === null) return true;
    }
  }

  /** After an image has left its bytes: gives them their tombstone if it was the last, and deletes what it was found by. */
  async #abandonBytes({ id, accountId, sha256 }: Image, unnamedOn: Date): Promise<void> {
    await this.dialect.lockBlob(this.transaction, sha256);
    const [left] = await this.transaction.$queryRaw<FingerprintRow[]>`UPDATE "Blob"
      SET "unnamedOn" = CASE WHEN EXISTS (SELECT 1 FROM "Image" WHERE "blobSha256" = ${sha256}) THEN "unnamedOn" ELSE ${unnamedOn} END
      WHERE "sha256" = ${sha256} RETURNING "fingerprint"`;
    if (left?.fingerprint) await deleteHashes(this.transaction, { id, accountId }, left.fingerprint as Fingerprint);
  }
}

/** An image with its address and its origin, if it has them. */
type DeletedRow = ImageRow &
  Pick<MetadataRow, 'type' | 'addressId' | 'ds' | 'cid' | 'docId'> & { readonly source: string | null };

/** Selects the image only as it was read: whatever changes it changes one of these. */
const revisionOf = ({ id, version, metadataRevision, disabledOn }: Image) => ({
  id,
  version,
  metadataRevision,
  disabledOn,
});

const kindOf = ({ disabledOn }: ImageColumns): ImageChange['kind'] => {
  if (disabledOn === undefined) return 'UPDATED';
  return disabledOn ? 'DISABLED' : 'ENABLED';
};
