import Database from 'libsql';

/**
 * Fills a database that no server has open with an account's images, by SQL alone: rows of images and their metadata, without bytes.
 */
export const insertImages = (databasePath: string, accountId: string, count: number): void => {
  const database = new Database(databasePath);
  try {
    // lost in a crash, and of no use then
    database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144');
    const indexes = database
      .prepare(
        `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('Image', 'ImageMetadata') AND sql IS NOT NULL`,
      )
      .all() as { name: string; sql: string }[];
    // an index is made faster at once than row by row
    for (const { name } of indexes) database.exec(`DROP INDEX "${name}"`);
    database.transaction(() => insertRows(database, accountId, count))();
    for (const { sql } of indexes) database.exec(sql);
  } finally {
    database.close();
  }
};

/** What the alternative text of every image contains. */
export const sharedText = 'alternative';

/** What only that of one image contains, the first being number 1. */
export const textOf = (number: number): string => `no. ${String(number).padStart(7, '0')}`;

const sha256 = '0'.repeat(64);
const firstMs = Date.UTC(2026, 0, 1);

const insertRows = (database: Database.Database, accountId: string, count: number): void => {
  database
    .prepare(
      `INSERT INTO "Blob" ("sha256", "byteSize", "mimeType", "width", "height", "hasAlpha", "frameCount", "thumbhash", "placeholder", "dominantColor")
       VALUES (?, 1000, 'image/png', 640, 480, 0, 1, '', '', '#000000')`,
    )
    .run(sha256);
  database
    .prepare(
      `WITH RECURSIVE "row"("n") AS (SELECT 1 UNION ALL SELECT "n" + 1 FROM "row" WHERE "n" < :count)
       INSERT INTO "Image" ("id", "publicId", "accountId", "blobSha256", "mimeType", "byteSize", "createdOn", "updatedOn")
       SELECT printf('%s-%s-4%s-8%s-%s', lower(hex(randomblob(4))), lower(hex(randomblob(2))),
           substr(lower(hex(randomblob(2))), 2), substr(lower(hex(randomblob(2))), 2), lower(hex(randomblob(6)))),
         printf('%021d', "n"), :accountId, :sha256, 'image/png', 1000, :firstMs + "n", :firstMs + "n"
       FROM "row"`,
    )
    .run({ count, accountId, sha256, firstMs });
  database
    .prepare(
      `INSERT INTO "ImageMetadata" ("imageId", "altText", "altTextFolded", "ext", "updatedOn")
       SELECT "id", 'An ${sharedText} text, ' || "text", 'an ${sharedText} text, ' || "text", '.png', "updatedOn"
       FROM (SELECT "id", "updatedOn", 'no. ' || printf('%07d', "createdOn" - :firstMs) AS "text" FROM "Image" WHERE "accountId" = :accountId)`,
    )
    .run({ accountId, firstMs });
};
