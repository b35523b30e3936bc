-- AlterTable
ALTER TABLE "Blob" ADD COLUMN "fingerprint" TEXT;
ALTER TABLE "Blob" ADD COLUMN "factsVersion" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "ImageHash" (
    "bucket" BIGINT NOT NULL,
    "hash" BIGINT NOT NULL,
    "imageId" TEXT NOT NULL,

    PRIMARY KEY ("bucket", "hash", "imageId")
) WITHOUT ROWID;
