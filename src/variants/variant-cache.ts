import { LRUCache } from 'lru-cache';
import type { ChangeCursor } from '../domain/changes/changes.js';
import type { AheadCursor, VariantCache } from '../domain/ports.js';
import { VariantFiles, type VariantFilesOptions } from './variant-files.js';

export interface OpenVariantCache extends VariantCache {
  /** How many bytes are kept now. */
  usage(): { readonly memory: number; readonly disk: number };
  readonly aheadCursor: AheadCursor;
  /** Brings what is in memory only to the disk. Nothing is kept from then on. */
  close(): Promise<void>;
}

const maxMemoryBytes = 8 * 1024 * 1024;
const maxMemoryEntryBytes = 256 * 1024;

/** Variants on disk, and the small, recently used ones in memory too. A budget of 0 keeps nothing. */
export const openVariantCache = (options: VariantFilesOptions): OpenVariantCache =>
  options.budgetBytes > 0 ? new TieredVariantCache(options) : noVariantCache;

class TieredVariantCache implements OpenVariantCache {
  readonly #memory: LRUCache<string, Uint8Array>;
  readonly #files: VariantFiles;
  readonly aheadCursor: AheadCursor = {
    read: () => this.#files.readCursor(),
    write: (cursor: ChangeCursor) => this.#files.writeCursor(cursor),
  };

  constructor(options: VariantFilesOptions) {
    this.#memory = new LRUCache({
      maxSize: Math.min(maxMemoryBytes, options.budgetBytes),
      maxEntrySize: maxMemoryEntryBytes,
      sizeCalculation: (bytes) => bytes.byteLength,
    });
    this.#files = VariantFiles.open(options);
  }

  usage() {
    return { memory: this.#memory.calculatedSize, disk: this.#files.byteSize };
  }

  peek(key: string): Uint8Array | undefined {
    const bytes = this.#memory.get(key);
    if (bytes) this.#files.touch(key);
    return bytes;
  }

  async get(key: string): Promise<Uint8Array | null> {
    const bytes = await this.#files.get(key);
    if (bytes) this.#memory.set(key, bytes);
    return bytes;
  }

  has(key: string): Promise<boolean> {
    return this.#files.has(key);
  }

  put(key: string, bytes: Uint8Array, isAhead = false): void {
    const isForMemory = !isAhead && bytes.byteLength <= maxMemoryEntryBytes;
    const kept = isForMemory ? ownCopy(bytes) : bytes;
    if (isForMemory) this.#memory.set(key, kept);
    this.#files.put(key, kept);
  }

  close(): Promise<void> {
    return this.#files.close();
  }
}

/** An encoder's buffer has room to spare, and one of Node's pool has neighbours: to keep it would keep the memory around it. */
const ownCopy = (bytes: Uint8Array): Uint8Array => {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength);
  copy.set(bytes);
  return copy;
};

const noVariantCache: OpenVariantCache = {
  usage: () => ({ memory: 0, disk: 0 }),
  peek: () => undefined,
  aheadCursor: { read: async () => null, write: async () => undefined },
  get: async () => null,
  has: async () => false,
  put: () => undefined,
  close: async () => undefined,
};
