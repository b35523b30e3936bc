import { type Address, type AddressType, identityOf } from '../domain/images/address.js';
import type { Translations } from '../domain/images/alt-texts.js';
import type {
  AccountId,
  EmbeddedTexts,
  Fingerprint,
  FocalPoint,
  Image,
  ImageBlob,
  ImageExtension,
  ImageId,
  ImageMetadata,
  InspectedBlob,
  PublicId,
  Sha256,
  StoredMimeType,
} from '../domain/images/image.js';
import type { Locale } from '../domain/images/locale.js';
import { foldText } from '../lib/fold-text.js';
import type {
  ImageAltText as AltTextRow,
  Blob as BlobRow,
  Image as ImageRow,
  ImageMetadata as MetadataRow,
} from './generated/client.js';

/** No account has the same bytes twice without an address: the value of the unique column that ensures it. */
export const dedupeKeyOf = (accountId: string, sha256: string): string => `${accountId}:${sha256}`;

/** No account has two images at an address: the value of the unique column that ensures it, if an index can hold it. */
export const addressKeyOf = (accountId: string, address: Address): string => `${accountId}:${identityOf(address)}`;

export const toImage = (row: ImageRow): Image => ({
  id: row.id as ImageId,
  publicId: row.publicId as PublicId,
  accountId: row.accountId as AccountId,
  sha256: row.blobSha256 as Sha256,
  mimeType: row.mimeType as StoredMimeType,
  byteSize: row.byteSize,
  fileName: row.fileName,
  version: row.version,
  metadataRevision: row.metadataRevision,
  createdOn: row.createdOn,
  updatedOn: row.updatedOn,
  disabledOn: row.disabledOn,
});

export const fromImage = ({ sha256, ...columns }: Image, { address }: ImageMetadata): ImageRow => ({
  ...columns,
  blobSha256: sha256,
  dedupeKey: address ? null : dedupeKeyOf(columns.accountId, sha256),
});

export const toMetadata = (row: MetadataRow): ImageMetadata => ({
  imageId: row.imageId as ImageId,
  altText: row.altText,
  focalPoint: toFocalPoint(row),
  address: toAddress(row),
  // every image is written with it
  ext: row.ext as ImageExtension,
  updatedOn: row.updatedOn,
});

export const toFocalPoint = ({ focalX, focalY }: Pick<MetadataRow, 'focalX' | 'focalY'>): FocalPoint | null =>
  focalX === null || focalY === null ? null : { x: focalX, y: focalY };

export const toAddress = ({
  type,
  addressId,
  ds,
  cid,
  docId,
}: Pick<MetadataRow, 'type' | 'addressId' | 'ds' | 'cid' | 'docId'>): Address | null =>
  type === null ? null : { type: type as AddressType, entityId: addressId, ds, cid, docid: docId };

/** All columns but the row's own id, and that of {@link addressKeyOf}, which never changes. */
export const fromMetadata = ({
  focalPoint,
  address,
  ...columns
}: ImageMetadata): Omit<MetadataRow, 'id' | 'addressKey'> => ({
  ...columns,
  altTextFolded: columns.altText === null ? null : foldText(columns.altText),
  focalX: focalPoint?.x ?? null,
  focalY: focalPoint?.y ?? null,
  type: address?.type ?? null,
  addressId: address?.entityId ?? null,
  ds: address?.ds ?? null,
  cid: address?.cid ?? null,
  docId: address?.docid ?? null,
});

/** The columns that are selected apart from the others of a blob. */
export const embeddedColumns = {
  embeddedAltText: true,
  embeddedDescription: true,
  embeddedCreator: true,
  embeddedCopyright: true,
} as const;

type EmbeddedColumns = keyof typeof embeddedColumns;

export const toEmbedded = (row: Pick<BlobRow, EmbeddedColumns>): EmbeddedTexts => ({
  altText: row.embeddedAltText,
  description: row.embeddedDescription,
  creator: row.embeddedCreator,
  copyright: row.embeddedCopyright,
});

export const translationsByImage = (
  rows: readonly Pick<AltTextRow, 'imageId' | 'locale' | 'text'>[],
): ReadonlyMap<ImageId, Translations> => {
  const found = new Map<ImageId, Map<Locale, string>>();
  for (const { imageId, locale, text } of rows) {
    const texts = found.get(imageId as ImageId) ?? new Map<Locale, string>();
    found.set(imageId as ImageId, texts.set(locale as Locale, text));
  }
  return found;
};

export const toBlob = ({
  thumbhash,
  placeholder,
  dominantColor,
  unnamedOn: _,
  ...row
}: Omit<BlobRow, EmbeddedColumns>): ImageBlob => ({
  ...row,
  sha256: row.sha256 as Sha256,
  mimeType: row.mimeType as StoredMimeType,
  fingerprint: row.fingerprint as Fingerprint | null,
  placeholder: { thumbhash, dataUri: placeholder, dominantColor },
});

export const fromBlob = ({ placeholder, embedded, ...columns }: InspectedBlob, unnamedOn: Date | null): BlobRow => ({
  ...columns,
  unnamedOn,
  thumbhash: placeholder.thumbhash,
  placeholder: placeholder.dataUri,
  dominantColor: placeholder.dominantColor,
  embeddedAltText: embedded.altText,
  embeddedDescription: embedded.description,
  embeddedCreator: embedded.creator,
  embeddedCopyright: embedded.copyright,
});
