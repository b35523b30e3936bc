-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_ImageMetadata" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "imageId" TEXT NOT NULL,
    "altText" TEXT,
    "altTextFolded" TEXT,
    "focalX" REAL,
    "focalY" REAL,
    "addressKey" TEXT,
    "type" TEXT,
    "addressId" TEXT,
    "ds" TEXT,
    "cid" TEXT,
    "docId" TEXT,
    "ext" TEXT,
    "updatedOn" DATETIME NOT NULL,
    CONSTRAINT "ImageMetadata_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
INSERT INTO "new_ImageMetadata" ("addressId", "addressKey", "altText", "cid", "docId", "ds", "ext", "focalX", "focalY", "imageId", "type", "updatedOn") SELECT "addressId", "addressKey", "altText", "cid", "docId", "ds", "ext", "focalX", "focalY", "imageId", "type", "updatedOn" FROM "ImageMetadata";
DROP TABLE "ImageMetadata";
ALTER TABLE "new_ImageMetadata" RENAME TO "ImageMetadata";
CREATE UNIQUE INDEX "ImageMetadata_imageId_key" ON "ImageMetadata"("imageId");
CREATE UNIQUE INDEX "ImageMetadata_addressKey_key" ON "ImageMetadata"("addressKey");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- An index of the trigrams of the texts, which Prisma has no model for: triggers keep it in step. They compare, so that a change of
-- anything else costs nothing.
CREATE VIRTUAL TABLE "ImageMetadataText" USING fts5("altTextFolded", content='ImageMetadata', content_rowid='id', tokenize='trigram case_sensitive 1');

CREATE TRIGGER "ImageMetadata_text_insert" AFTER INSERT ON "ImageMetadata" WHEN new."altTextFolded" IS NOT NULL BEGIN
    INSERT INTO "ImageMetadataText"(rowid, "altTextFolded") VALUES (new."id", new."altTextFolded");
END;

CREATE TRIGGER "ImageMetadata_text_delete" AFTER DELETE ON "ImageMetadata" WHEN old."altTextFolded" IS NOT NULL BEGIN
    INSERT INTO "ImageMetadataText"("ImageMetadataText", rowid, "altTextFolded") VALUES ('delete', old."id", old."altTextFolded");
END;

CREATE TRIGGER "ImageMetadata_text_update" AFTER UPDATE OF "altTextFolded" ON "ImageMetadata" WHEN old."altTextFolded" IS NOT new."altTextFolded" BEGIN
    INSERT INTO "ImageMetadataText"("ImageMetadataText", rowid, "altTextFolded") SELECT 'delete', old."id", old."altTextFolded" WHERE old."altTextFolded" IS NOT NULL;
    INSERT INTO "ImageMetadataText"(rowid, "altTextFolded") SELECT new."id", new."altTextFolded" WHERE new."altTextFolded" IS NOT NULL;
END;
