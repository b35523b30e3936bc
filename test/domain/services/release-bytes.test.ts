import { afterEach, expect, test } from 'vitest';
import { MemoryBlobStore } from '../../../src/blobs/memory.js';
import { openCaller } from '../../../src/domain/caller.js';
import type { Sha256 } from '../../../src/domain/image.js';
import type { BlobStore } from '../../../src/domain/ports.js';
import { changeImage, deleteImage, uploadImage } from '../../support/image-operations.js';
import { plainPng } from '../../support/pictures.js';
import { sampleSha256 } from '../../support/samples.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';

let server: TestServer;
afterEach(() => server.close());

const twoHoursMs = 2 * 60 * 60 * 1000;
const picture = (red: number) => plainPng({ width: 8, height: 8 }, [red, 0, 0]);

/** A store that cannot remove anything for now. */
class StuckBlobStore extends MemoryBlobStore {
  isStuck = true;

  override async remove(sha256: Sha256): Promise<void> {
    if (this.isStuck) throw Object.assign(new Error('EIO: i/o error, unlink'), { code: 'EIO' });
    await super.remove(sha256);
  }
}

test('what was deleted or replaced is told as such although its bytes could not be removed, and the sweep gets them', async () => {
  const blobs = new StuckBlobStore();
  server = await startTestServer({}, { blobs, now: () => new Date(Date.now() + twoHoursMs) });
  const first = await uploadImage(server, await picture(1));
  const second = await uploadImage(server, await picture(2));
  expect(await deleteImage(server, first.id)).toMatchObject({ __typename: 'DeletedImage' });
  const replaced = await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id: second.id }, await picture(3));
  expect(replaced).toMatchObject({ __typename: 'Image', version: 2 });
  blobs.isStuck = false;
  expect(await server.app.images.sweep()).toBe(2);
  expect(await blobs.locate(first.sha256)).toBeNull();
  expect(await blobs.locate(replaced.sha256)).not.toBeNull();
  expect(await server.app.images.count(openCaller, { accountId: second.accountId })).toBe(1);
});

test('a server that closes ends its sweep and leaves the state alone from then on', async () => {
  let swept = 0;
  const endless: BlobStore = Object.assign(new MemoryBlobStore(), {
    async *sweepable() {
      for (; ; swept += 1) {
        // a folder takes its time; without any, nothing else would get its turn
        await new Promise((resolve) => setImmediate(resolve));
        yield sampleSha256();
      }
    },
  });
  server = await startTestServer({}, { blobs: endless });
  await expect.poll(() => swept).toBeGreaterThan(300);
  await server.app.close();
  const statements = server.sql.length;
  const atClose = swept;
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.sql.length).toBe(statements);
  expect(swept).toBe(atClose);
});
