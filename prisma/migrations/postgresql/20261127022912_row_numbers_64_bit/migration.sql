-- AlterTable
ALTER TABLE "ImageMetadata" DROP CONSTRAINT "ImageMetadata_pkey",
ALTER COLUMN "id" SET DATA TYPE BIGINT,
ADD CONSTRAINT "ImageMetadata_pkey" PRIMARY KEY ("id");
ALTER SEQUENCE "ImageMetadata_id_seq" AS BIGINT;

-- AlterTable
ALTER TABLE "Origin" DROP CONSTRAINT "Origin_pkey",
ALTER COLUMN "id" SET DATA TYPE BIGINT,
ADD CONSTRAINT "Origin_pkey" PRIMARY KEY ("id");
ALTER SEQUENCE "Origin_id_seq" AS BIGINT;

-- AlterTable
ALTER TABLE "WebhookDelivery" DROP CONSTRAINT "WebhookDelivery_pkey",
ALTER COLUMN "id" SET DATA TYPE BIGINT,
ADD CONSTRAINT "WebhookDelivery_pkey" PRIMARY KEY ("id");
ALTER SEQUENCE "WebhookDelivery_id_seq" AS BIGINT;
