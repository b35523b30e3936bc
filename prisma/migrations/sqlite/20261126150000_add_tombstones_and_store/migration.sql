-- AlterTable
ALTER TABLE "Blob" ADD COLUMN "unnamedOn" DATETIME;

-- CreateTable
CREATE TABLE "Store" (
    "id" TEXT NOT NULL PRIMARY KEY
);

-- CreateIndex
CREATE INDEX "Blob_unnamedOn_idx" ON "Blob"("unnamedOn");

-- The identity of this database
INSERT INTO "Store" ("id") VALUES (lower(hex(randomblob(16))));

-- Blobs that no image names get their tombstone now, so that their grace period begins with the upgrade
UPDATE "Blob" SET "unnamedOn" = CAST(strftime('%s', 'now') AS INTEGER) * 1000
WHERE NOT EXISTS (SELECT 1 FROM "Image" WHERE "Image"."blobSha256" = "Blob"."sha256");
