import { readFile } from 'node:fs/promises';
import type { Sha256 } from '../domain/image.js';
import type { BlobStore, ByteSource, SpooledFile } from '../domain/ports.js';

/** Bytes that last as long as the process, for tests and trials. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<Sha256, { bytes: Uint8Array; putOn: Date }>();

  async put(file: SpooledFile): Promise<void> {
    const bytes = this.#blobs.get(file.sha256)?.bytes ?? (await readFile(file.path));
    this.#blobs.set(file.sha256, { bytes, putOn: new Date() });
  }

  async locate(sha256: Sha256): Promise<ByteSource | null> {
    const found = this.#blobs.get(sha256);
    return found ? { bytes: found.bytes } : null;
  }

  async remove(sha256: Sha256): Promise<void> {
    this.#blobs.delete(sha256);
  }

  async *sweepable(before: Date): AsyncIterable<Sha256> {
    for (const [sha256, { putOn }] of this.#blobs) if (putOn < before) yield sha256;
  }
}
