-- CreateTable
CREATE TABLE "Removal" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "removedOn" DATETIME NOT NULL
);
