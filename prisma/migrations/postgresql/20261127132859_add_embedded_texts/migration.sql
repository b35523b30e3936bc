-- AlterTable
ALTER TABLE "Blob" ADD COLUMN     "embeddedAltText" TEXT COLLATE "C",
ADD COLUMN     "embeddedCopyright" TEXT COLLATE "C",
ADD COLUMN     "embeddedCreator" TEXT COLLATE "C",
ADD COLUMN     "embeddedDescription" TEXT COLLATE "C";
