-- AlterTable
ALTER TABLE "Blob" ADD COLUMN     "factsVersion" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "fingerprint" TEXT COLLATE "C";

-- CreateTable
CREATE TABLE "ImageHash" (
    "bucket" BIGINT NOT NULL,
    "hash" BIGINT NOT NULL,
    "imageId" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "ImageHash_pkey" PRIMARY KEY ("bucket","hash","imageId")
);
