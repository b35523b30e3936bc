import { CachedOriginals } from '../../src/blobs/cached-originals.js';
import { S3Objects } from '../../src/blobs/s3/s3-objects.js';
import { S3Store } from '../../src/blobs/s3/s3-store.js';
import type { S3Location } from '../../src/blobs/store-location.js';
import type { BlobStore } from '../../src/domain/ports.js';
import { BoundedQueue } from '../../src/lib/bounded-queue.js';
import { testBlobStoreContract } from '../contract/blob-store/blob-store-contract.js';
import type { Damage, OpenStore } from '../contract/blob-store/stores.js';
import { useS3Bucket } from '../support/s3-bucket.js';
import { useTempFolder } from '../support/temp-folder.js';

const bucket = useS3Bucket();
const locations = new WeakMap<BlobStore, S3Location>();

const openCached =
  (budgetBytes: number): OpenStore =>
  async () => {
    const location = bucket.newLocation();
    const store = new S3Store(new S3Objects(location, { totalMs: 20_000, silenceMs: 5_000 }, () => undefined));
    const originals = await CachedOriginals.open(store, {
      folder: await useTempFolder(),
      budgetBytes,
      maxFileBytes: 4_000_000,
      space: { require: async () => undefined },
      fetches: new BoundedQueue({ concurrency: 4 }),
      onFault: (error) => {
        throw error;
      },
    });
    locations.set(originals, location);
    return originals;
  };

const damageInBucket: Damage = async (store, sha256, bytes) => {
  const location = locations.get(store);
  if (!location) throw new Error('not a store of these tests');
  await store.remove(sha256);
  await bucket.putObject(location, sha256, bytes);
};

testBlobStoreContract('S3 with a cache', openCached(100_000_000), damageInBucket);
testBlobStoreContract('S3 without a cache', openCached(0), damageInBucket);
