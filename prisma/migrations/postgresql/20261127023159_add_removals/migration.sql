-- CreateTable
CREATE TABLE "Removal" (
    "key" TEXT COLLATE "C" NOT NULL,
    "removedOn" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Removal_pkey" PRIMARY KEY ("key")
);
