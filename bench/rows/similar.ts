import { join } from 'node:path';
import Database from 'libsql';
import { accountId, Uploader } from '../load/upload.js';
import { median } from '../median.js';
import { scaled } from '../pace.js';
import { startProduct } from '../product.js';
import type { Row } from '../row.js';
import { insertImages } from '../sources/many-images.js';
import { end } from '../workspace.js';

const images = 1_000_000;
const searched = 12;

const document = 'query($publicId: String!) { image(by: { publicId: $publicId }) { similar { distance } } }';

/** Gives each of the inserted images hashes at random, of which none is near another. */
const insertHashes = (databasePath: string): void => {
  const database = new Database(databasePath);
  try {
    database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144');
    // what precedes the value of a part is the same for all of the account's images: the least is that of the first part
    const parts = database
      .prepare('SELECT DISTINCT "bucket" >> 22 AS "part" FROM "ImageHash" ORDER BY 1')
      .pluck()
      .all();
    const thirds = [
      { shift: 0, mask: 0x1fffff },
      { shift: 21, mask: 0x1fffff },
      { shift: 42, mask: 0x3fffff },
    ];
    if (parts.length !== 2 * thirds.length) throw new Error('The index is not as it was.');
    database.exec(
      `CREATE TEMP TABLE "random" AS SELECT "id", random() AS "whole", random() AS "middle" FROM "Image"
       WHERE "id" NOT IN (SELECT "imageId" FROM "ImageHash")`,
    );
    for (const [index, part] of parts.entries()) {
      const { shift, mask } = thirds[index % thirds.length] ?? { shift: 0, mask: 0 };
      const hash = index < thirds.length ? '"whole"' : '"middle"';
      database
        .prepare(
          `INSERT INTO "ImageHash" ("bucket", "hash", "imageId")
           SELECT (${part} << 22) + ((${hash} >> ${shift}) & ${mask}), ${hash}, "id" FROM "random" ORDER BY 1, 2, 3`,
        )
        .run();
    }
  } finally {
    database.close();
  }
};

export const similar: Row = {
  name: 'similar',
  title: 'similar images of one among 1,000,000, time',
  unit: 'ms',
  target: { atMost: 20 },
  async measure({ workspace, sources, pace }) {
    const made = await startProduct(workspace);
    await end(made.process);
    const databasePath = join(made.dataFolder, 'state.db');
    insertImages(databasePath, accountId, scaled(images, pace));
    const first = await startProduct(workspace, made.dataFolder);
    const uploader = new Uploader(first, 1);
    const publicIds: string[] = [];
    for (let seed = 0; seed < searched; seed += 1) {
      publicIds.push((await uploader.upload([(await sources.avatar(seed)).bytes])).publicId);
    }
    uploader.close();
    await end(first.process);
    insertHashes(databasePath);
    const { url } = await startProduct(workspace, first.dataFolder);
    const times: number[] = [];
    for (let round = 0; round < scaled(20, pace); round += 1) {
      for (const publicId of publicIds) {
        const startedMs = performance.now();
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: document, variables: { publicId } }),
        });
        const { data } = (await response.json()) as { data: { image: { similar: unknown[] | null } } };
        times.push(performance.now() - startedMs);
        if (!data.image.similar) throw new Error('The image has no fingerprint.');
      }
    }
    times.sort((a, b) => a - b);
    const p99 = times[Math.floor(0.99 * times.length)] ?? 0;
    return { figure: median(times), note: `the slowest of a hundred: ${p99.toFixed(1)} ms` };
  },
};
