-- AlterTable
ALTER TABLE "Blob" ADD COLUMN "embeddedAltText" TEXT;
ALTER TABLE "Blob" ADD COLUMN "embeddedCopyright" TEXT;
ALTER TABLE "Blob" ADD COLUMN "embeddedCreator" TEXT;
ALTER TABLE "Blob" ADD COLUMN "embeddedDescription" TEXT;
