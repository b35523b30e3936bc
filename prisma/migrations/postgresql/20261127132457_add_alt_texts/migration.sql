-- CreateTable
CREATE TABLE "ImageAltText" (
    "id" BIGSERIAL NOT NULL,
    "imageId" TEXT COLLATE "C" NOT NULL,
    "locale" TEXT COLLATE "C" NOT NULL,
    "text" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "ImageAltText_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "ImageAltText_imageId_locale_key" ON "ImageAltText"("imageId", "locale");

-- AddForeignKey
ALTER TABLE "ImageAltText" ADD CONSTRAINT "ImageAltText_imageId_fkey" FOREIGN KEY ("imageId") REFERENCES "Image"("id") ON DELETE CASCADE ON UPDATE CASCADE;
