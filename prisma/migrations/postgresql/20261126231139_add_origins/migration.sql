-- CreateTable
CREATE TABLE "Origin" (
    "id" SERIAL NOT NULL,
    "imageId" TEXT COLLATE "C",
    "metalImageId" TEXT COLLATE "C",
    "source" TEXT COLLATE "C" NOT NULL,
    "revision" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "Origin_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Origin_imageId_key" ON "Origin"("imageId");

-- CreateIndex
CREATE UNIQUE INDEX "Origin_metalImageId_key" ON "Origin"("metalImageId");

-- CreateIndex
CREATE INDEX "Origin_source_id_idx" ON "Origin"("source", "id");

-- AddForeignKey
ALTER TABLE "Origin" ADD CONSTRAINT "Origin_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Origin" ADD CONSTRAINT "Origin_metalImageId_fkey" FOREIGN KEY ("metalImageId") REFERENCES "MetalImage"("id") ON DELETE CASCADE ON UPDATE CASCADE;
