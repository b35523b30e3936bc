import type { ChangeReader } from '../domain/changes/changes.js';
import type { Address } from '../domain/images/address.js';
import type { Translations } from '../domain/images/alt-texts.js';
import {
  type AccountId,
  type EmbeddedTexts,
  type FactsVersions,
  type Image,
  type ImageBlob,
  type ImageId,
  type ImageMetadata,
  mimeTypeOf,
  type PublicId,
  type Sha256,
  storedFormats,
} from '../domain/images/image.js';
import type { AccountQuery, AccountSize, ImageFilter, ImageQuery } from '../domain/images/image-query.js';
import type { OriginReader } from '../domain/imports/origin.js';
import type { RemovalReader } from '../domain/imports/removal.js';
import type { MetalReader } from '../domain/metal/metal-ports.js';
import type { ApiKeyReader, GrantReader, KnownBlob, PublicImage, StateReader, UnnamedBlob } from '../domain/ports.js';
import type { SimilarImage, SimilarQuery } from '../domain/similar/similar-query.js';
import { PrismaApiKeyReader } from './api-keys.js';
import { PrismaChangeReader } from './change-journal.js';
import type { Dialect, TextSearch } from './database.js';
import type { Image as ImageRow, PrismaClient } from './generated/client.js';
import { PrismaGrantReader } from './grants.js';
import {
  type PublicImageRow,
  selectAccountSizes,
  selectAccounts,
  selectImageCount,
  selectImages,
  selectPublicImage,
} from './image-selection.js';
import { ScanningMetalReader } from './metal-reader.js';
import { PrismaOriginReader } from './origins.js';
import type { RecentImageLists } from './recent-reads.js';
import { PrismaRemovalReader } from './removals.js';
import {
  addressKeyOf,
  embeddedColumns,
  toBlob,
  toEmbedded,
  toFocalPoint,
  toImage,
  toMetadata,
  translationsByImage,
} from './rows.js';
import { filtersOf, type Scans, scanReasonsOf } from './scans.js';
import { type SimilarRow, selectSimilar } from './similar-images.js';
import { PrismaWebhookReader } from './webhooks.js';

/** The blobs that an image names, with facts older than the version for their format. */
const olderThan = (versions: FactsVersions) => ({
  unnamedOn: null,
  OR: storedFormats.map((format) => ({ mimeType: mimeTypeOf(format), factsVersion: { lt: versions[format] } })),
});

/** Reads over the read-only client. Nothing uses `include`: it would be a SELECT more. */
export class PrismaStateReader implements StateReader {
  readonly metal: MetalReader;
  readonly keys: ApiKeyReader;
  readonly grants: GrantReader;
  readonly origins: OriginReader;
  readonly removals: RemovalReader;
  readonly changes: ChangeReader;
  readonly webhooks: PrismaWebhookReader;
  private readonly dialect: Dialect;
  private readonly recentLists: RecentImageLists;
  private readonly scans: Scans;

  constructor(
    private readonly client: PrismaClient,
    {
      dialect,
      recentLists,
      scans,
      store,
    }: { dialect: Dialect; recentLists: RecentImageLists; scans: Scans; store: string },
  ) {
    this.dialect = dialect;
    this.recentLists = recentLists;
    this.scans = scans;
    this.changes = new PrismaChangeReader(client, store);
    this.metal = new ScanningMetalReader(client, scans);
    this.grants = new PrismaGrantReader(client);
    this.origins = new PrismaOriginReader(client);
    this.removals = new PrismaRemovalReader(client);
    this.keys = new PrismaApiKeyReader(client);
    this.webhooks = new PrismaWebhookReader(client);
  }

  async imagesById(ids: readonly ImageId[]): Promise<Image[]> {
    return (await this.client.image.findMany({ where: { id: { in: [...ids] } } })).map(toImage);
  }

  async imageByPublicId(publicId: PublicId): Promise<Image | null> {
    const row = await this.client.image.findUnique({ where: { publicId } });
    return row && toImage(row);
  }

  async imageByAddress(accountId: AccountId, address: Address): Promise<Image | null> {
    const where = { metadata: { addressKey: this.dialect.indexable(addressKeyOf(accountId, address)) } };
    const row = await this.client.image.findFirst({ where });
    return row && toImage(row);
  }

  async publicImage(publicId: PublicId): Promise<PublicImage | null> {
    const [row] = await this.client.$queryRaw<PublicImageRow[]>(selectPublicImage(publicId));
    if (!row) return null;
    const { width, height, hasAlpha, frameCount } = row;
    const image = toImage(row);
    const source = { mimeType: image.mimeType, width, height, hasAlpha, frameCount };
    return { image, source, focalPoint: toFocalPoint(row) };
  }

  async metadataOf(ids: readonly ImageId[]): Promise<ImageMetadata[]> {
    return (await this.client.imageMetadata.findMany({ where: { imageId: { in: [...ids] } } })).map(toMetadata);
  }

  async translationsOf(ids: readonly ImageId[]): Promise<ReadonlyMap<ImageId, Translations>> {
    return translationsByImage(await this.client.imageAltText.findMany({ where: { imageId: { in: [...ids] } } }));
  }

  async blobsOf(hashes: readonly Sha256[]): Promise<ImageBlob[]> {
    const where = { sha256: { in: [...hashes] } };
    return (await this.client.blob.findMany({ where, omit: embeddedColumns })).map(toBlob);
  }

  async embeddedOf(hashes: readonly Sha256[]): Promise<ReadonlyMap<Sha256, EmbeddedTexts>> {
    const where = { sha256: { in: [...hashes] } };
    const rows = await this.client.blob.findMany({ where, select: { sha256: true, ...embeddedColumns } });
    return new Map(rows.map((row) => [row.sha256 as Sha256, toEmbedded(row)]));
  }

  images(query: ImageQuery): Promise<readonly Image[]> {
    return this.recentLists.find(query, async () => {
      const select = async (client: PrismaClient) =>
        client.$queryRaw<ImageRow[]>(selectImages(query, await this.#searchFor(client, query.filter)));
      const costly = scanReasonsOf(query);
      const rows = await (costly.length === 0
        ? select(this.client)
        : this.scans.run({ account: query.accountId, costly }, select));
      const images = rows.map(toImage);
      return query.take === 'last' ? images.reverse() : images;
    });
  }

  async countImages(accountId: AccountId, filter: ImageFilter): Promise<number> {
    const costly = ['totalCount', ...filtersOf(filter)];
    const [row] = await this.scans.run({ account: accountId, costly }, async (client) =>
      client.$queryRaw<{ count: bigint }[]>(selectImageCount(accountId, filter, await this.#searchFor(client, filter))),
    );
    return Number(row?.count ?? 0);
  }

  async similarImages(query: SimilarQuery): Promise<SimilarImage[]> {
    const rows = await this.scans.run({ account: query.accountId, costly: ['similar'] }, (client) =>
      client.$queryRaw<SimilarRow[]>(selectSimilar(this.dialect, query)),
    );
    return rows.map((row) => ({ image: toImage(row), distance: Number(row.distance) }));
  }

  async accounts(query: AccountQuery): Promise<AccountId[]> {
    const rows = await this.client.$queryRaw<{ id: string }[]>(selectAccounts(query));
    return rows.map(({ id }) => id as AccountId);
  }

  async accountSizes(accountIds: readonly AccountId[]): Promise<ReadonlyMap<AccountId, AccountSize>> {
    const account = accountIds.length === 1 ? String(accountIds[0]) : 'all accounts';
    const rows = await this.scans.run({ account, costly: ['imageCount', 'byteSize'] }, (client) =>
      client.$queryRaw<{ accountId: string; imageCount: bigint; byteSize: bigint }[]>(selectAccountSizes(accountIds)),
    );
    const sizes = rows.map(({ imageCount, byteSize }) => ({
      imageCount: Number(imageCount),
      byteSize: Number(byteSize),
    }));
    return new Map(rows.map(({ accountId }, index) => [accountId as AccountId, sizes[index] as AccountSize]));
  }

  async storeId(): Promise<string> {
    return (await this.client.store.findFirstOrThrow()).id;
  }

  async purgedSeq(): Promise<number | null> {
    const { purgedSeq } = await this.client.store.findFirstOrThrow({ select: { purgedSeq: true } });
    return purgedSeq === null ? null : Number(purgedSeq);
  }

  countBlobs(): Promise<number> {
    return this.client.blob.count({ where: { unnamedOn: null } });
  }

  async listBlobs(after: Sha256 | null, limit: number): Promise<KnownBlob[]> {
    const where = { sha256: { gt: after ?? '' } };
    const select = { sha256: true, unnamedOn: true };
    const rows = await this.client.blob.findMany({ where, orderBy: { sha256: 'asc' }, take: limit, select });
    return rows.map(({ sha256, unnamedOn }) => ({ sha256: sha256 as Sha256, unnamedOn }));
  }

  async unnamedBlobs(before: Date, limit: number, after: UnnamedBlob | null): Promise<UnnamedBlob[]> {
    const behind = after && [
      { unnamedOn: { gt: after.unnamedOn } },
      { unnamedOn: after.unnamedOn, sha256: { gt: after.sha256 } },
    ];
    const rows = await this.client.blob.findMany({
      where: { unnamedOn: { lte: before }, ...(behind ? { OR: behind } : {}) },
      orderBy: [{ unnamedOn: 'asc' }, { sha256: 'asc' }],
      take: limit,
      select: { sha256: true, unnamedOn: true },
    });
    return rows.flatMap(({ sha256, unnamedOn }) => (unnamedOn ? [{ sha256: sha256 as Sha256, unnamedOn }] : []));
  }

  async knownHashes(hashes: readonly Sha256[]): Promise<Set<Sha256>> {
    const where = { sha256: { in: [...hashes] } };
    const rows = await this.client.blob.findMany({ where, select: { sha256: true } });
    return new Set(rows.map(({ sha256 }) => sha256 as Sha256));
  }

  async blobsOlderThan(versions: FactsVersions, after: Sha256 | null, limit: number): Promise<Sha256[]> {
    const where = { ...olderThan(versions), sha256: { gt: after ?? '' } };
    const select = { sha256: true };
    const rows = await this.client.blob.findMany({ where, orderBy: { sha256: 'asc' }, take: limit, select });
    return rows.map(({ sha256 }) => sha256 as Sha256);
  }

  countBlobsOlderThan(versions: FactsVersions): Promise<number> {
    return this.client.blob.count({ where: olderThan(versions) });
  }

  async imagesWithBytes(sha256: Sha256, limit: number): Promise<Image[]> {
    const rows = await this.client.image.findMany({ where: { blobSha256: sha256 }, take: limit });
    return rows.map(toImage);
  }

  async #searchFor(client: PrismaClient, { altTextContains }: ImageFilter): Promise<TextSearch | undefined> {
    return altTextContains === undefined ? undefined : this.dialect.searchTexts(client, altTextContains);
  }
}
