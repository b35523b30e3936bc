-- CreateTable
CREATE TABLE "Origin" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "imageId" TEXT,
    "metalImageId" TEXT,
    "source" TEXT NOT NULL,
    "revision" TEXT NOT NULL,
    CONSTRAINT "Origin_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "Origin_metalImageId_fkey" FOREIGN KEY ("metalImageId") REFERENCES "MetalImage" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateIndex
CREATE UNIQUE INDEX "Origin_imageId_key" ON "Origin"("imageId");

-- CreateIndex
CREATE UNIQUE INDEX "Origin_metalImageId_key" ON "Origin"("metalImageId");

-- CreateIndex
CREATE INDEX "Origin_source_id_idx" ON "Origin"("source", "id");
