import type {
  AccountId,
  FocalPoint,
  Image,
  ImageBlob,
  ImageId,
  ImageMetadata,
  PublicId,
  Sha256,
  StoredMimeType,
} from '../domain/image.js';
import type { Blob as BlobRow, Image as ImageRow, ImageMetadata as MetadataRow } from './generated/client.js';

/** No account has the same bytes twice: the value of the unique column that sees to it. */
export const dedupeKeyOf = (accountId: string, sha256: string): string => `${accountId}:${sha256}`;

export const toImage = (row: ImageRow): Image => ({
  id: row.id as ImageId,
  publicId: row.publicId as PublicId,
  accountId: row.accountId as AccountId,
  sha256: row.blobSha256 as Sha256,
  mimeType: row.mimeType as StoredMimeType,
  byteSize: row.byteSize,
  version: row.version,
  metadataRevision: row.metadataRevision,
  createdOn: row.createdOn,
  updatedOn: row.updatedOn,
  disabledOn: row.disabledOn,
});

export const fromImage = ({ sha256, ...columns }: Image): ImageRow => ({
  ...columns,
  blobSha256: sha256,
  dedupeKey: dedupeKeyOf(columns.accountId, sha256),
});

export const toMetadata = (row: MetadataRow): ImageMetadata => ({
  imageId: row.imageId as ImageId,
  altText: row.altText,
  focalPoint: toFocalPoint(row),
  updatedOn: row.updatedOn,
});

export const toFocalPoint = ({ focalX, focalY }: Pick<MetadataRow, 'focalX' | 'focalY'>): FocalPoint | null =>
  focalX === null || focalY === null ? null : { x: focalX, y: focalY };

type AddressColumn = 'addressKey' | 'type' | 'addressId' | 'ds' | 'cid' | 'docId' | 'ext';

export const fromMetadata = ({ focalPoint, ...columns }: ImageMetadata): Omit<MetadataRow, AddressColumn> => ({
  ...columns,
  focalX: focalPoint?.x ?? null,
  focalY: focalPoint?.y ?? null,
});

export const toBlob = ({ thumbhash, placeholder, dominantColor, ...row }: BlobRow): ImageBlob => ({
  ...row,
  sha256: row.sha256 as Sha256,
  mimeType: row.mimeType as StoredMimeType,
  placeholder: { thumbhash, dataUri: placeholder, dominantColor },
});

export const fromBlob = ({ placeholder, ...columns }: ImageBlob): BlobRow => ({
  ...columns,
  thumbhash: placeholder.thumbhash,
  placeholder: placeholder.dataUri,
  dominantColor: placeholder.dominantColor,
});
