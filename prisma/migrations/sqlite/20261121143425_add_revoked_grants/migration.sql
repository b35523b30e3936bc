-- CreateTable
CREATE TABLE "RevokedGrant" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "expiresOn" DATETIME NOT NULL
);

-- CreateIndex
CREATE INDEX "RevokedGrant_expiresOn_idx" ON "RevokedGrant"("expiresOn");
