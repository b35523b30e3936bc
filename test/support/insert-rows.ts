import Database from 'libsql';
import { accountId } from './test-server.js';

const sha256 = '0'.repeat(64);

/** Gives the account very many images by SQL alone: rows of images and their metadata, without bytes. */
export const insertRows = (databasePath: string, count: number): void => {
  const database = new Database(databasePath);
  database.exec(`
    BEGIN;
    INSERT INTO "Blob" ("sha256", "byteSize", "mimeType", "width", "height", "hasAlpha", "frameCount", "thumbhash", "placeholder", "dominantColor")
      VALUES ('${sha256}', 1000, 'image/png', 640, 480, 0, 1, '', '', '#000000');
    WITH RECURSIVE "row"("n") AS (SELECT 1 UNION ALL SELECT "n" + 1 FROM "row" WHERE "n" < ${count})
      INSERT INTO "Image" ("id", "publicId", "accountId", "blobSha256", "mimeType", "byteSize", "createdOn", "updatedOn")
      SELECT printf('00000000-0000-4000-8000-%012d', "n"), printf('%021d', "n"), '${accountId}', '${sha256}', 'image/png', 1000, "n", "n" FROM "row";
    INSERT INTO "ImageMetadata" ("imageId", "altText", "altTextFolded", "ext", "updatedOn")
      SELECT "id", 'An alternative text', 'an alternative text', '.png', "updatedOn" FROM "Image" WHERE "accountId" = '${accountId}';
    COMMIT;`);
  database.close();
};
