-- AlterTable
ALTER TABLE "Store" ADD COLUMN     "purgedSeq" BIGINT;
