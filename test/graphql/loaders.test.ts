import { LRUCache } from 'lru-cache';
import { expect, onTestFinished, test } from 'vitest';
import { openCaller } from '../../src/domain/identity/caller.js';
import type { Translations } from '../../src/domain/images/alt-texts.js';
import type { ImageBlob, ImageMetadata } from '../../src/domain/images/image.js';
import type { MetalImageService } from '../../src/domain/metal/metal-image-service.js';
import type { WebhookService } from '../../src/domain/webhooks/webhook-service.js';
import { Loaders } from '../../src/graphql/loaders.js';
import { Turns } from '../../src/lib/turns.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/sample-images.js';
import { startTestServer } from '../support/test-server.js';

test('a page with more files than fit into memory still has the facts of each', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const widths = [31, 32, 33, 34];
  const ids = [];
  for (const width of widths) {
    const { publicId } = await uploadImage(server, await photoJpeg({ width, height: 20 }));
    ids.push(publicId);
  }
  const images = await Promise.all(ids.map((publicId) => server.app.images.findByPublicId(openCaller, publicId)));
  const loaders = () =>
    new Loaders({
      images: server.app.images,
      metal: {} as MetalImageService,
      webhooks: {} as WebhookService,
      known,
      turns: new Turns(),
    });
  const known = {
    metadata: new LRUCache<string, ImageMetadata>({ max: 1 }),
    blobs: new LRUCache<string, ImageBlob>({ max: 2 }),
    translations: new LRUCache<ImageMetadata, Translations>({ max: 1 }),
  };
  // the first one is known, and evicted by the others before it is returned
  const first = images[0];
  if (!first) throw new Error('no image');
  await loaders().blob.load(first);
  const facts = await loaders().blob.loadMany(images.flatMap((image) => (image ? [image] : [])));
  expect(facts.map((blob) => ('width' in blob ? blob.width : blob.message))).toEqual(widths);
  expect(known.blobs.size).toBe(2);
});
