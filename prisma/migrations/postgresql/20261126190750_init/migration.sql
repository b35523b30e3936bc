-- CreateTable
CREATE TABLE "Image" (
    "id" TEXT COLLATE "C" NOT NULL,
    "publicId" TEXT COLLATE "C" NOT NULL,
    "accountId" TEXT COLLATE "C" NOT NULL,
    "blobSha256" TEXT COLLATE "C" NOT NULL,
    "dedupeKey" TEXT COLLATE "C",
    "mimeType" TEXT COLLATE "C" NOT NULL,
    "byteSize" INTEGER NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "metadataRevision" INTEGER NOT NULL DEFAULT 1,
    "createdOn" TIMESTAMP(3) NOT NULL,
    "updatedOn" TIMESTAMP(3) NOT NULL,
    "disabledOn" TIMESTAMP(3),

    CONSTRAINT "Image_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ImageMetadata" (
    "id" SERIAL NOT NULL,
    "imageId" TEXT COLLATE "C" NOT NULL,
    "altText" TEXT COLLATE "C",
    "altTextFolded" TEXT COLLATE "C",
    "focalX" DOUBLE PRECISION,
    "focalY" DOUBLE PRECISION,
    "addressKey" TEXT COLLATE "C",
    "type" TEXT COLLATE "C",
    "addressId" TEXT COLLATE "C",
    "ds" TEXT COLLATE "C",
    "cid" TEXT COLLATE "C",
    "docId" TEXT COLLATE "C",
    "ext" TEXT COLLATE "C",
    "updatedOn" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "ImageMetadata_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Blob" (
    "sha256" TEXT COLLATE "C" NOT NULL,
    "byteSize" INTEGER NOT NULL,
    "mimeType" TEXT COLLATE "C" NOT NULL,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "hasAlpha" BOOLEAN NOT NULL,
    "frameCount" INTEGER NOT NULL,
    "thumbhash" TEXT COLLATE "C" NOT NULL,
    "placeholder" TEXT COLLATE "C" NOT NULL,
    "dominantColor" TEXT COLLATE "C" NOT NULL,
    "unnamedOn" TIMESTAMP(3),

    CONSTRAINT "Blob_pkey" PRIMARY KEY ("sha256")
);

-- CreateTable
CREATE TABLE "Store" (
    "id" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "Store_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Change" (
    "seq" SERIAL NOT NULL,
    "occurredOn" TIMESTAMP(3) NOT NULL,
    "kind" TEXT COLLATE "C" NOT NULL,
    "imageId" TEXT COLLATE "C",
    "accountId" TEXT COLLATE "C",
    "publicId" TEXT COLLATE "C",
    "sha256" TEXT COLLATE "C",
    "metalImageId" TEXT COLLATE "C",

    CONSTRAINT "Change_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "MetalImage" (
    "id" TEXT COLLATE "C" NOT NULL,
    "name" TEXT COLLATE "C" NOT NULL,
    "description" TEXT COLLATE "C" NOT NULL,
    "url" TEXT COLLATE "C" NOT NULL,
    "forMachines" BOOLEAN NOT NULL,
    "forFirewalls" BOOLEAN NOT NULL,
    "classification" TEXT COLLATE "C" NOT NULL,
    "expirationDate" TIMESTAMP(3) NOT NULL,
    "os" TEXT COLLATE "C" NOT NULL,
    "versionMajor" TEXT COLLATE "C" NOT NULL,
    "versionMinor" TEXT COLLATE "C" NOT NULL,
    "versionPatch" TEXT COLLATE "C" NOT NULL,
    "created" TIMESTAMP(3) NOT NULL,
    "changed" TIMESTAMP(3) NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "MetalImage_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "MetalImageUse" (
    "machineId" TEXT COLLATE "C" NOT NULL,
    "imageId" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "MetalImageUse_pkey" PRIMARY KEY ("machineId")
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "id" TEXT COLLATE "C" NOT NULL,
    "secretHash" TEXT COLLATE "C" NOT NULL,
    "accountId" TEXT COLLATE "C",
    "scopes" TEXT COLLATE "C" NOT NULL,
    "createdOn" TIMESTAMP(3) NOT NULL,
    "lastUsedOn" TIMESTAMP(3),
    "revokedOn" TIMESTAMP(3),

    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "RevokedGrant" (
    "id" TEXT COLLATE "C" NOT NULL,
    "expiresOn" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "RevokedGrant_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Image_publicId_key" ON "Image"("publicId");

-- CreateIndex
CREATE UNIQUE INDEX "Image_dedupeKey_key" ON "Image"("dedupeKey");

-- CreateIndex
CREATE INDEX "Image_accountId_createdOn_id_idx" ON "Image"("accountId", "createdOn", "id");

-- CreateIndex
CREATE INDEX "Image_accountId_updatedOn_id_idx" ON "Image"("accountId", "updatedOn", "id");

-- CreateIndex
CREATE INDEX "Image_accountId_byteSize_id_idx" ON "Image"("accountId", "byteSize", "id");

-- CreateIndex
CREATE INDEX "Image_blobSha256_idx" ON "Image"("blobSha256");

-- CreateIndex
CREATE UNIQUE INDEX "ImageMetadata_imageId_key" ON "ImageMetadata"("imageId");

-- CreateIndex
CREATE UNIQUE INDEX "ImageMetadata_addressKey_key" ON "ImageMetadata"("addressKey");

-- CreateIndex
CREATE INDEX "Blob_unnamedOn_idx" ON "Blob"("unnamedOn");

-- CreateIndex
CREATE INDEX "Change_accountId_seq_idx" ON "Change"("accountId", "seq");

-- CreateIndex
CREATE INDEX "MetalImage_os_versionMajor_versionMinor_versionPatch_id_idx" ON "MetalImage"("os", "versionMajor", "versionMinor", "versionPatch", "id");

-- CreateIndex
CREATE INDEX "MetalImageUse_imageId_idx" ON "MetalImageUse"("imageId");

-- CreateIndex
CREATE INDEX "RevokedGrant_expiresOn_idx" ON "RevokedGrant"("expiresOn");

-- AddForeignKey
ALTER TABLE "Image" ADD CONSTRAINT "Image_blobSha256_fkey" FOREIGN KEY ("blobSha256") REFERENCES "Blob"("sha256") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ImageMetadata" ADD CONSTRAINT "ImageMetadata_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MetalImageUse" ADD CONSTRAINT "MetalImageUse_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "MetalImage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The identity of this database
INSERT INTO "Store" ("id") VALUES (replace(gen_random_uuid()::text, '-', ''));

-- An index of the trigrams of the texts, which Prisma has no model for
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX "ImageMetadata_altTextFolded_trigrams" ON "ImageMetadata" USING gin ("altTextFolded" gin_trgm_ops) WHERE "altTextFolded" IS NOT NULL;
