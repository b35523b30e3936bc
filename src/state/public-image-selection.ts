import type { PublicId } from '../domain/images/image.js';
import {
  type Blob as BlobRow,
  type Image as ImageRow,
  type ImageMetadata as MetadataRow,
  Prisma,
} from './generated/client.js';

export type PublicImageRow = ImageRow &
  Pick<BlobRow, 'width' | 'height' | 'hasAlpha' | 'frameCount'> &
  Pick<MetadataRow, 'focalX' | 'focalY'>;

/** One statement over three tables, so that no write falls between what it finds in them. */
export const selectPublicImage = (publicId: PublicId): Prisma.Sql => Prisma.sql`
  SELECT "Image".*, "width", "height", "hasAlpha", "frameCount", "focalX", "focalY"
  FROM "Image"
  JOIN "Blob" ON "sha256" = "blobSha256"
  JOIN "ImageMetadata" ON "imageId" = "Image"."id"
  WHERE "publicId" = ${publicId}`;
