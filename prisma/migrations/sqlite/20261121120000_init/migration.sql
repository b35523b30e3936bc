-- CreateTable
CREATE TABLE "Image" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "publicId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "blobSha256" TEXT NOT NULL,
    "dedupeKey" TEXT,
    "mimeType" TEXT NOT NULL,
    "byteSize" INTEGER NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "metadataRevision" INTEGER NOT NULL DEFAULT 1,
    "createdOn" DATETIME NOT NULL,
    "updatedOn" DATETIME NOT NULL,
    "disabledOn" DATETIME,
    CONSTRAINT "Image_blobSha256_fkey" FOREIGN KEY ("blobSha256") REFERENCES "Blob" ("sha256") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "ImageMetadata" (
    "imageId" TEXT NOT NULL PRIMARY KEY,
    "altText" TEXT,
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

-- CreateTable
CREATE TABLE "Blob" (
    "sha256" TEXT NOT NULL PRIMARY KEY,
    "byteSize" INTEGER NOT NULL,
    "mimeType" TEXT NOT NULL,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "hasAlpha" BOOLEAN NOT NULL,
    "frameCount" INTEGER NOT NULL,
    "thumbhash" TEXT NOT NULL,
    "placeholder" TEXT NOT NULL,
    "dominantColor" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "MetalImage" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "forMachines" BOOLEAN NOT NULL,
    "forFirewalls" BOOLEAN NOT NULL,
    "classification" TEXT NOT NULL,
    "expirationDate" DATETIME NOT NULL,
    "os" TEXT NOT NULL,
    "versionMajor" TEXT NOT NULL,
    "versionMinor" TEXT NOT NULL,
    "versionPatch" TEXT NOT NULL,
    "created" DATETIME NOT NULL,
    "changed" DATETIME NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1
);

-- CreateTable
CREATE TABLE "MetalImageUse" (
    "machineId" TEXT NOT NULL PRIMARY KEY,
    "imageId" TEXT NOT NULL,
    CONSTRAINT "MetalImageUse_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "MetalImage" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "secretHash" TEXT NOT NULL,
    "accountId" TEXT,
    "scopes" TEXT NOT NULL,
    "createdOn" DATETIME NOT NULL,
    "lastUsedOn" DATETIME,
    "revokedOn" DATETIME
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
CREATE UNIQUE INDEX "ImageMetadata_addressKey_key" ON "ImageMetadata"("addressKey");

-- CreateIndex
CREATE INDEX "MetalImage_os_versionMajor_versionMinor_versionPatch_id_idx" ON "MetalImage"("os", "versionMajor", "versionMinor", "versionPatch", "id");

-- CreateIndex
CREATE INDEX "MetalImageUse_imageId_idx" ON "MetalImageUse"("imageId");
