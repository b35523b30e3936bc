-- AlterTable
ALTER TABLE "Image" ADD COLUMN     "fileName" TEXT COLLATE "C";
