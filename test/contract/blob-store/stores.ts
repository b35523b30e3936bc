import { readFile } from 'node:fs/promises';
import type { Sha256 } from '../../../src/domain/images/image.js';
import type { BlobStore, StoredBlob } from '../../../src/domain/ports.js';
import { writeSpooledFile } from '../../support/spooled-file.js';
import { useTempFolder } from '../../support/temp-folder.js';

/** Each test gets a new, empty store. */
export type OpenStore = () => Promise<BlobStore>;

export const bytesOf = async (store: BlobStore, sha256: Sha256): Promise<Uint8Array | null> => {
  const source = await store.locate(sha256);
  if (!source) return null;
  return 'path' in source ? readFile(source.path) : source.bytes;
};

export const listOf = async (store: BlobStore): Promise<StoredBlob[]> => {
  const listed: StoredBlob[] = [];
  for await (const blob of store.list()) listed.push(blob);
  return listed;
};

/** Has a store keep other bytes under a hash, as a failing disk does. */
export type Damage = (store: BlobStore, sha256: Sha256, bytes: Uint8Array) => Promise<void>;

/** For stores that believe the spool: it lies about a file. */
export const damageByLyingSpool: Damage = async (store, sha256, bytes) => {
  await store.remove(sha256);
  await store.put({ ...(await writeSpooledFile(await useTempFolder(), bytes)), sha256 });
};
