import type { Readable } from 'node:stream';
import type { Demand } from '../lib/demand.js';
import type { ChangeCursor, ChangeReader } from './changes/changes.js';
import type { VariantPlan, VariantSource } from './delivery/transform/plan-variant.js';
import type { Size } from './delivery/transform/transform.js';
import type { ErrorCode, StorageFullError } from './errors.js';
import type { ApiKey, ApiKeyId } from './identity/api-key.js';
import type { Address } from './images/address.js';
import type { TranslationChanges, Translations } from './images/alt-texts.js';
import type {
  AccountId,
  EmbeddedTexts,
  FactsVersions,
  FocalPoint,
  Image,
  ImageBlob,
  ImageId,
  ImageMetadata,
  InspectedBlob,
  PublicId,
  Sha256,
  StoredFormat,
} from './images/image.js';
import type { AccountQuery, AccountSize, ImageFilter, ImageQuery } from './images/image-query.js';
import type { OriginReader, OriginWriter } from './imports/origin.js';
import type { Removal, RemovalReader, RemovalWriter } from './imports/removal.js';
import type { MetalReader, MetalWriter } from './metal/metal-ports.js';
import type { SimilarImage, SimilarQuery } from './similar/similar-query.js';
import type { StagedUpload } from './uploads/staged-upload.js';
import type { WebhookReader, WebhookWriter } from './webhooks/webhook-ports.js';

/** Where bytes are: a file of this machine, or memory. */
export type ByteSource = { readonly path: string } | { readonly bytes: Uint8Array };

/** Bytes that stay where they are until they are released, or removed from their store. */
export type LocatedBytes = ByteSource & { readonly release?: () => void };

/** Stored bytes, opened. Destroying the stream releases them. */
export interface OpenedBytes {
  readonly byteSize: number;
  readonly stream: Readable;
}

/** An entry of a blob store. */
export interface StoredBlob {
  readonly sha256: Sha256;
  /** When its bytes were written. */
  readonly modifiedOn: Date;
}

/** Bytes that the database knows. */
export interface KnownBlob {
  readonly sha256: Sha256;
  /** The tombstone: since when no image names them; null while one does. */
  readonly unnamedOn: Date | null;
}

/** Bytes that no image names, and since when. */
export type UnnamedBlob = { readonly [Field in keyof KnownBlob]: NonNullable<KnownBlob[Field]> };

/** An uploaded file in the temporary folder, hashed while it came in. */
export interface SpooledFile {
  readonly path: string;
  readonly sha256: Sha256;
  readonly byteSize: number;
  /** The client's name of the file, cleaned. */
  readonly fileName?: string | null;
  /** The formats that are accepted where the file was sent; all unless given. */
  readonly formats?: readonly StoredFormat[];
}

/** A file as it came from a client. One over the limit, or one that the disk has no room for, was drained and nothing of it is kept. */
export type ReceivedFile = SpooledFile | { readonly tooLarge: true } | { readonly refusal: StorageFullError };

/** The free space of the disks that the server writes to. */
export interface StorageSpace {
  /**
   * Cheap enough to be called for each piece of an upload.
   * @param byteSize What is about to be written.
   * @throws {StorageFullError} if less than the head-room would stay free.
   */
  require(byteSize?: number): Promise<void>;
  /** The error that clients get for a failure of the system: no space, or too few descriptors or memory. Any other is returned as it is. */
  translate(error: unknown): unknown;
}

/** The temporary folder that uploads stream into. */
export interface Spool {
  /** Hashes and writes a stream to a new temporary file. A broken stream rejects and leaves no file. */
  receive(stream: AsyncIterable<Uint8Array>, limitBytes: number): Promise<ReceivedFile>;
  /** Removes a temporary file, if it still exists. */
  discard(file: ReceivedFile): Promise<void>;
}

/**
 * Keeps bytes under their hash. Each method may be called at any time: `put` and `remove` of one hash at once leave the right bytes or
 * none. To name bytes safely, the caller serialises both.
 */
export interface ByteStore {
  /**
   * Makes the bytes of a file durable under the hash before it resolves. Whatever is there already, the right bytes are there
   * afterwards. The file itself stays where it is: its owner discards it.
   */
  put(file: SpooledFile): Promise<void>;
  /**
   * Opens the bytes as they are now, right or wrong, or resolves with null if there are none.
   * @param demand Who waits, if they have to be fetched first.
   */
  open(sha256: Sha256, demand?: Demand): Promise<OpenedBytes | null>;
  /** Removes the bytes; it is no error if there are none. */
  remove(sha256: Sha256): Promise<void>;
  /** All that is stored, in no order. No server does this: a store may hold millions. */
  list(): AsyncIterable<StoredBlob>;
  /** The id of the database that the store belongs to, or null if it has none yet. */
  storeId(): Promise<string | null>;
  setStoreId(id: string): Promise<void>;
}

/** A store whose bytes this machine can read as files, or has in memory. */
export interface BlobStore extends ByteStore {
  /**
   * Where the bytes are, or null if there are none. The disk may have lost them since.
   * @param demand Who waits for bytes that have to be fetched first; if all of them leave before that begins, it rejects.
   * @throws {DamagedOriginalError} if they were fetched and are not the right ones.
   */
  locate(sha256: Sha256, demand?: Demand): Promise<LocatedBytes | null>;
}

/** Where and how a client sends the file of a staged upload. */
export interface UploadTarget {
  readonly url: string;
  /** Headers that the PUT request has to have. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Keeps files that were sent ahead of their images. What was created is there, empty at first, until it is removed; nothing else is.
 */
export interface StagingArea {
  create(upload: StagedUpload): Promise<UploadTarget>;
  has(upload: StagedUpload): Promise<boolean>;
  /** Resolves with null if it was not created or is gone. */
  open(upload: StagedUpload): Promise<OpenedBytes | null>;
  /** Makes the bytes of the file durable. Resolves with false if the upload was not created or is gone. */
  put(upload: StagedUpload, file: SpooledFile): Promise<boolean>;
  /** It is no error if it is gone. */
  remove(upload: StagedUpload): Promise<void>;
  /** Those of an account, or all. */
  list(accountId?: AccountId): AsyncIterable<StagedUpload>;
}

/** A file of another server, as its response begins. */
export interface OpenedRemoteFile {
  /** What the server announced; null if it announced nothing. */
  readonly byteSize: number | null;
  /** @throws {FetchFailedError} while it is read. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** Ends the connection, whether all was read or not. */
  close(): void;
}

/** Files of other servers, which callers name by URLs. */
export interface RemoteFiles {
  /** @throws {FetchFailedError} */
  open(url: string): Promise<OpenedRemoteFile>;
}

/** What an inspection of a file finds, before an image is created from it. */
export type ImageFacts = Omit<InspectedBlob, 'sha256' | 'byteSize'>;

/** A file that was accepted, with what is known of it since: it need not be opened again to find out. */
export interface RenderSource {
  readonly file: ByteSource;
  readonly sha256: Sha256;
  /** Pixels after its orientation is applied; of one frame. */
  readonly size: Size;
  /** More than 1 for an animation, which is not turned by its orientation. */
  readonly frameCount: number;
}

/** The one place that decodes and encodes images. */
export interface ImageProcessor {
  /**
   * Decodes the file once, whole.
   * @param formats The formats that are accepted; all unless given.
   * @throws {UnsupportedImageError} {@link TooManyPixelsError} {@link CorruptImageError} {@link UnavailableError}
   */
  inspect(path: string, formats?: readonly StoredFormat[]): Promise<ImageFacts>;
  /**
   * @throws {RenderTimeoutError} {@link UnavailableError}, {@link NotFoundError} if the file is gone, or
   *   {@link DamagedOriginalError} if it can no longer be decoded
   */
  render(source: RenderSource, plan: VariantPlan): Promise<Uint8Array>;
}

/** Keeps variants for a while, under the inner text of their ETag. It never fails: what it can't keep is made again. */
export interface VariantCache {
  /** The bytes, if they are in memory. */
  peek(key: string): Uint8Array | undefined;
  /** The bytes wherever they are kept, or null. */
  get(key: string): Promise<Uint8Array | null>;
  /** Whether the bytes are kept. It is no use of them, and brings nothing into memory. */
  has(key: string): Promise<boolean>;
  /**
   * Keeps the bytes, in the background where that takes time.
   * @param isAhead Whether nobody has asked for them yet: then they take no memory from those that somebody has.
   */
  put(key: string, bytes: Uint8Array, isAhead?: boolean): void;
}

/** How far the journal's changes have their variants rendered ahead. It is kept with the variants: if they go, it goes too. */
export interface AheadCursor {
  /** Null if there is none. */
  read(): Promise<ChangeCursor | null>;
  /** Writes it once all that was put into the cache is on the disk. */
  write(cursor: ChangeCursor): Promise<void>;
}

/** All that the variants of an image depend on. */
export interface PublicImage {
  readonly image: Image;
  readonly source: VariantSource;
  readonly focalPoint: FocalPoint | null;
}

/** The images behind public ids, never older than the last finished write. */
export interface PublicImages {
  /** The image, if it is in memory; the same object as long as nothing of it changes. */
  peek(publicId: PublicId): PublicImage | undefined;
  /** The image, in memory or not. */
  find(publicId: PublicId): Promise<PublicImage | null>;
  /** Whether another server may have written what is not heard of yet. */
  readonly mayLag: boolean;
  /** The image as the database has it now. */
  refresh(publicId: PublicId): Promise<PublicImage | null>;
}

/** Hears of what is worth counting. */
export interface Meter {
  uploadAccepted(): void;
  uploadRefused(code: ErrorCode | 'INTERNAL'): void;
  /** Where the bytes of a variant were found. */
  variantLookedUp(found: 'memory' | 'disk' | 'nowhere'): void;
  /** A variant that nobody had asked for. */
  renderedAhead(outcome: 'rendered' | 'failed'): void;
}

/** The state as the last finished write left it; each method is one SELECT. */
export interface StateReader {
  readonly metal: MetalReader;
  readonly keys: ApiKeyReader;
  readonly grants: GrantReader;
  readonly origins: OriginReader;
  readonly removals: RemovalReader;
  readonly changes: ChangeReader;
  readonly webhooks: WebhookReader;
  imagesById(ids: readonly ImageId[]): Promise<Image[]>;
  imageByPublicId(publicId: PublicId): Promise<Image | null>;
  imageByAddress(accountId: AccountId, address: Address): Promise<Image | null>;
  publicImage(publicId: PublicId): Promise<PublicImage | null>;
  metadataOf(ids: readonly ImageId[]): Promise<ImageMetadata[]>;
  /** The alternative texts in other languages than the default one; none for an image without. */
  translationsOf(ids: readonly ImageId[]): Promise<ReadonlyMap<ImageId, Translations>>;
  blobsOf(hashes: readonly Sha256[]): Promise<ImageBlob[]>;
  /** What the files say about themselves, by their hashes. */
  embeddedOf(hashes: readonly Sha256[]): Promise<ReadonlyMap<Sha256, EmbeddedTexts>>;
  /** At most `query.limit` images in the order asked for, on the asked side of the position. */
  images(query: ImageQuery): Promise<readonly Image[]>;
  countImages(accountId: AccountId, filter: ImageFilter): Promise<number>;
  /** The nearest first. Of an account with very many images that look the same, the nearest of some of them. */
  similarImages(query: SimilarQuery): Promise<SimilarImage[]>;
  /** At most `query.limit` accounts that have an image, in the order of their ids. */
  accounts(query: AccountQuery): Promise<AccountId[]>;
  /** What each of the accounts has; none for an account without an image. */
  accountSizes(accountIds: readonly AccountId[]): Promise<ReadonlyMap<AccountId, AccountSize>>;
  /** The id that this database shares with its blob store. */
  storeId(): Promise<string>;
  /** The changes up to this number of the journal are purged from the CDN; null before the first purge. */
  purgedSeq(): Promise<number | null>;
  /** How many blobs an image names. */
  countBlobs(): Promise<number>;
  /** At most `limit` blobs in the order of their hashes, behind `after`; those with a tombstone too. */
  listBlobs(after: Sha256 | null, limit: number): Promise<KnownBlob[]>;
  /** At most `limit` blobs without an image since before that time, the oldest first, behind `after`. */
  unnamedBlobs(before: Date, limit: number, after: UnnamedBlob | null): Promise<UnnamedBlob[]>;
  /** Those of the hashes that the database has a blob of, named by an image or not. */
  knownHashes(hashes: readonly Sha256[]): Promise<Set<Sha256>>;
  /**
   * At most `limit` blobs whose facts are older than the version for their format and that an image names, in the order of their hashes,
   * behind `after`.
   */
  blobsOlderThan(versions: FactsVersions, after: Sha256 | null, limit: number): Promise<Sha256[]>;
  countBlobsOlderThan(versions: FactsVersions): Promise<number>;
  /** At most `limit` of the images with these bytes. */
  imagesWithBytes(sha256: Sha256, limit: number): Promise<Image[]>;
}

export interface ApiKeyReader {
  find(id: ApiKeyId): Promise<ApiKey | null>;
  /** All keys, the revoked ones too, oldest first. */
  list(): Promise<ApiKey[]>;
}

export interface ApiKeyWriter {
  find(id: ApiKeyId): Promise<ApiKey | null>;
  insert(key: ApiKey): Promise<void>;
  /** Of a key that is not revoked. */
  setRevoked(id: ApiKeyId, revokedOn: Date): Promise<void>;
  /** Notes a use, unless one after `before` is noted already. */
  noteUse(id: ApiKeyId, usedOn: Date, before: Date): Promise<void>;
}

/** The grants of tokens that were taken back. */
export interface GrantReader {
  isRevoked(grantId: string): Promise<boolean>;
}

export interface GrantWriter {
  /** @param expiresOn When the last token of the grant is worth nothing anyway. */
  revoke(grantId: string, expiresOn: Date): Promise<void>;
  deleteExpired(now: Date): Promise<void>;
}

/** The columns of an image that may change after it was created. */
export type ImageColumns = Pick<Image, 'updatedOn'> &
  Partial<Pick<Image, 'sha256' | 'mimeType' | 'byteSize' | 'fileName' | 'version' | 'metadataRevision' | 'disabledOn'>>;

/**
 * Reads and writes within one transaction: all of it is kept, or nothing.
 *
 * Whatever changes or deletes a row is given the row as it was read, and writes only while the row still is like that. If another
 * writer was faster, the transaction is rolled back and the work runs again (see {@link State.write}).
 */
export interface StateWriter {
  readonly metal: MetalWriter;
  readonly keys: ApiKeyWriter;
  readonly grants: GrantWriter;
  readonly origins: OriginWriter;
  readonly removals: RemovalWriter;
  readonly webhooks: WebhookWriter;
  image(id: ImageId): Promise<Image | null>;
  /**
   * The image, and what an API could bring back of it: its address, and its id if it was imported. No API knows any other id, as it was
   * created here.
   */
  imageToDelete(id: ImageId): Promise<{ readonly image: Image; readonly removals: readonly Removal[] } | null>;
  metadata(id: ImageId): Promise<ImageMetadata | null>;
  translations(id: ImageId): Promise<Translations>;
  /** The account's image with these bytes and without an address, if there is one. */
  imageByBytes(accountId: AccountId, sha256: Sha256): Promise<Image | null>;
  imageByAddress(accountId: AccountId, address: Address): Promise<Image | null>;
  /** Until the transaction ends, no other one adds images to the account, so a limit that is compared with it holds. */
  countImages(accountId: AccountId): Promise<number>;
  /** Keeps the facts of a blob that an image is about to name, and clears its tombstone. Facts that are already there stay. */
  saveBlob(blob: InspectedBlob): Promise<void>;
  /** Keeps the facts of a blob that nothing names, with a tombstone. One that is already there stays as it is. */
  saveUnnamedBlob(blob: InspectedBlob, unnamedOn: Date): Promise<void>;
  /** @throws {DuplicateImageError} if an image of the account has the bytes, and neither has an address. */
  insertImage(image: Image, metadata: ImageMetadata): Promise<void>;
  /** Has the image found as similar to others, by the facts of its blob. */
  indexImage(image: Image, blob: ImageBlob): Promise<void>;
  /** Bytes that lose their last image by this get a tombstone of `updatedOn`. */
  updateImage(before: Image, change: ImageColumns): Promise<Image>;
  /** Only after {@link updateImage} has raised the image's `metadataRevision`, which is what a concurrent change loses to. */
  updateMetadata(metadata: ImageMetadata): Promise<void>;
  /** Only after {@link updateImage} has raised the image's `metadataRevision` too, or in the transaction that inserts the image. */
  changeTranslations(id: ImageId, changes: TranslationChanges): Promise<void>;
  /** Bytes that lose their last image by this get a tombstone. */
  deleteImage(before: Image, deletedOn: Date): Promise<void>;
  /** Replaces older facts of a blob, and has its images found by them. Resolves with whether there were any. */
  updateFacts(blob: InspectedBlob): Promise<boolean>;
  /**
   * Deletes a blob that has had a tombstone since before that time and that no image names; resolves with whether there was one. Nobody
   * can name the blob until the transaction ends, so its bytes are removed within it.
   */
  deleteUnnamedBlob(sha256: Sha256, before: Date): Promise<boolean>;
  /** Deletes the oldest changes of the journal, up to and including a sequence number. */
  deleteChanges(through: number): Promise<void>;
  /** Notes which changes are purged from the CDN, unless later ones are. */
  setPurgedSeq(seq: number): Promise<void>;
}

export interface State {
  readonly read: StateReader;
  /**
   * Runs the work in a transaction. A throw rolls back. If another writer changed what the work is based on, or took what it needs, the
   * work runs again from its beginning, a bounded number of times: it reads within the transaction, and has no other effects that
   * cannot be repeated.
   * @param row Names what the work changes, such as `image:<id>`. Of the works on one row, one is in a transaction at a time, so that a
   *   row that many write to does not occupy all connections of the server.
   * @throws {WriteConflictError} if others were faster each time.
   * @throws {UnavailableError} if too many writes of the row come first.
   */
  write<Result>(work: (state: StateWriter) => Promise<Result>, row?: string): Promise<Result>;
}

/** Guards bytes against the sweeps of other servers. */
export interface ByteKeeper {
  /**
   * Restarts the grace period of bytes that have a tombstone, and waits if another server is about to remove them: bytes that are put
   * after that are there until the period ends again.
   */
  keepBytes(sha256: Sha256, now: Date): Promise<void>;
}
