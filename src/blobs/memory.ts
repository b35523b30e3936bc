import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Sha256 } from '../domain/images/image.js';
import type { BlobStore, ByteSource, OpenedBytes, SpooledFile, StoredBlob } from '../domain/ports.js';
import { sha256Of } from '../lib/sha256-of.js';

/** Bytes that last as long as the process, for tests and trials. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<Sha256, { bytes: Uint8Array; modifiedOn: Date }>();
  #storeId: string | null = null;

  async put(file: SpooledFile): Promise<void> {
    const stored = this.#blobs.get(file.sha256);
    if (stored && (await sha256Of(Readable.from([stored.bytes]))) === file.sha256) return;
    this.#blobs.set(file.sha256, { bytes: await readFile(file.path), modifiedOn: new Date() });
  }

  async locate(sha256: Sha256): Promise<ByteSource | null> {
    const found = this.#blobs.get(sha256);
    return found ? { bytes: found.bytes } : null;
  }

  async open(sha256: Sha256): Promise<OpenedBytes | null> {
    const found = this.#blobs.get(sha256);
    return found ? { byteSize: found.bytes.byteLength, stream: Readable.from([Buffer.from(found.bytes)]) } : null;
  }

  async remove(sha256: Sha256): Promise<void> {
    this.#blobs.delete(sha256);
  }

  async *list(): AsyncIterable<StoredBlob> {
    for (const [sha256, { modifiedOn }] of this.#blobs) yield { sha256, modifiedOn };
  }

  async storeId(): Promise<string | null> {
    return this.#storeId;
  }

  async setStoreId(id: string): Promise<void> {
    this.#storeId = id;
  }
}
