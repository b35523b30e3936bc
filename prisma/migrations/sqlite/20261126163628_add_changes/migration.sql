-- CreateTable
CREATE TABLE "Change" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "occurredOn" DATETIME NOT NULL,
    "kind" TEXT NOT NULL,
    "imageId" TEXT,
    "accountId" TEXT,
    "publicId" TEXT,
    "sha256" TEXT,
    "metalImageId" TEXT
);

-- CreateIndex
CREATE INDEX "Change_accountId_seq_idx" ON "Change"("accountId", "seq");
