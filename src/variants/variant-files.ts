import { LRUCache } from 'lru-cache';
import { type ChangeCursor, decodeChangeCursor, encodeChangeCursor } from '../domain/changes/changes.js';
import type { StorageSpace } from '../domain/ports.js';
import { fileSize, type ListedVariant, VariantFolder } from './variant-folder.js';

export interface VariantFilesOptions {
  readonly folder: string;
  /** What the files may have together. */
  readonly budgetBytes: number;
  /** Variants leave the same head-room as uploads. */
  readonly space: Pick<StorageSpace, 'require'>;
  /** Hears what the disk refuses; the cache goes on without. */
  readonly onFault: (error: unknown) => void;
}

/** Bytes that wait for the disk are held in memory; what comes beyond is not kept. */
const maxPendingBytes = 64 * 1024 * 1024;
/**
 * What is put within this time, or up to this size, is written together: each step of a write wakes threads, which costs more than
 * the step itself while renders have the processors.
 */
const gatherMs = 500;
const gatherBytes = 1024 * 1024;
/** No more files are open at once. */
const writesAtOnce = 32;
const saveOrderMs = 5 * 60 * 1000;

/**
 * Variants on the disk. The least recently used are evicted when the budget is used up. Their files may be deleted at any time.
 * The order of use is written to the disk now and then, so that it survives a restart.
 */
export class VariantFiles {
  readonly #folder: VariantFolder;
  /** The size of each file. */
  readonly #index: LRUCache<string, number>;
  readonly #evicted: string[] = [];
  /** What is not on the disk yet. */
  readonly #pending = new Map<string, Uint8Array>();
  #pendingBytes = 0;
  #gathering: NodeJS.Timeout | undefined;
  /** The uses that are not on the disk yet. */
  readonly #usedOn = new Map<string, Date>();
  readonly #orderSaver: NodeJS.Timeout;
  /** The end of the line of changes to the folder, which are made one after the other. */
  #lastInLine: Promise<void> = Promise.resolve();
  #isListed = false;
  #isClosed = false;

  private constructor(private readonly options: VariantFilesOptions) {
    this.#folder = new VariantFolder(options.folder);
    this.#index = new LRUCache({
      maxSize: options.budgetBytes,
      sizeCalculation: (byteSize) => byteSize,
      dispose: (_byteSize, key, reason) => {
        if (reason === 'evict') this.#evicted.push(key);
      },
    });
    this.#orderSaver = setInterval(() => this.#inLine(() => this.#saveOrder()), saveOrderMs).unref();
  }

  /** Serves at once; what the folder has from before is listed in the background. Nobody else may write there. */
  static open(options: VariantFilesOptions): VariantFiles {
    const files = new VariantFiles(options);
    files.#inLine(() => files.#list());
    return files;
  }

  get byteSize(): number {
    return this.#index.calculatedSize;
  }

  async get(key: string): Promise<Uint8Array | null> {
    const pending = this.#pending.get(key);
    if (pending) return pending;
    if (this.#isListed && !this.#index.has(key)) return null;
    const found = await this.#folder.read(key).catch((error: unknown) => {
      this.options.onFault(error);
      return null;
    });
    if (!found || found === 'damaged') {
      this.#index.delete(key);
      if (found) this.#inLine(() => this.#folder.remove(key));
      return null;
    }
    if (!this.#isListed) this.#index.set(key, fileSize(found));
    this.touch(key);
    return found;
  }

  async has(key: string): Promise<boolean> {
    if (this.#pending.has(key) || this.#index.has(key)) return true;
    // until the folder is listed, only the disk knows
    return !this.#isListed && (await this.#folder.has(key));
  }

  async readCursor(): Promise<ChangeCursor | null> {
    return decodeChangeCursor((await this.#folder.readCursor()) ?? '');
  }

  /** Resolves when all that was put before is on the disk, and the cursor is. */
  async writeCursor(cursor: ChangeCursor): Promise<void> {
    this.#writeGathered();
    await this.#lastInLine;
    await this.#folder.writeCursor(encodeChangeCursor(cursor));
  }

  /** Refreshes the variant's timestamp: it was served from memory. */
  touch(key: string): void {
    if (this.#index.get(key) !== undefined) this.#usedOn.set(key, new Date());
  }

  /** Keeps a variant as soon as the disk has taken it; until then it is in memory. */
  put(key: string, bytes: Uint8Array): void {
    const isKnown = this.#index.has(key) || this.#pending.has(key);
    const isTooMuch =
      fileSize(bytes) > this.options.budgetBytes || this.#pendingBytes + bytes.byteLength > maxPendingBytes;
    if (this.#isClosed || isKnown || isTooMuch) return;
    this.#pending.set(key, bytes);
    this.#pendingBytes += bytes.byteLength;
    if (this.#pendingBytes >= gatherBytes) this.#writeGathered();
    else this.#gathering ??= setTimeout(() => this.#writeGathered(), gatherMs).unref();
  }

  /** Waits until all that was put is on the disk, with the order of use. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#orderSaver);
    this.#writeGathered();
    this.#inLine(() => this.#saveOrder());
    await this.#lastInLine;
  }

  #inLine(work: () => Promise<void>): void {
    this.#lastInLine = this.#lastInLine.then(work).catch((error: unknown) => this.options.onFault(error));
  }

  #writeGathered(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#inLine(async () => {
      const variants = [...this.#pending];
      for (let start = 0; start < variants.length; start += writesAtOnce) {
        await this.#write(variants.slice(start, start + writesAtOnce));
      }
    });
  }

  /** Makes room first: the folder is never over its budget by more than the files that are being written. */
  async #write(variants: readonly [key: string, bytes: Uint8Array][]): Promise<void> {
    for (const [key, bytes] of variants) this.#index.set(key, fileSize(bytes));
    try {
      await this.#removeEvicted();
    } finally {
      await Promise.all(variants.map(([key, bytes]) => this.#writeOne(key, bytes)));
    }
  }

  async #writeOne(key: string, bytes: Uint8Array): Promise<void> {
    try {
      // those that came with it may have taken its room
      if (!this.#index.has(key)) return;
      await this.options.space.require(fileSize(bytes));
      await this.#folder.write(key, bytes);
    } catch (error) {
      this.#index.delete(key);
      this.options.onFault(error);
    } finally {
      this.#pending.delete(key);
      this.#pendingBytes -= bytes.byteLength;
    }
  }

  async #removeEvicted(): Promise<void> {
    for (let key = this.#evicted.shift(); key !== undefined; key = this.#evicted.shift()) {
      await this.#folder.remove(key);
    }
  }

  async #list(): Promise<void> {
    const listed: ListedVariant[] = [];
    try {
      for await (const variant of this.#folder.list()) listed.push(variant);
    } finally {
      // as older than whatever was used since the start
      const usedSinceStart = [...this.#index.rentries()] as [string, number][];
      this.#index.clear();
      listed.sort((one, other) => one.usedOn.getTime() - other.usedOn.getTime());
      for (const { key, byteSize } of listed) {
        this.#index.set(key, byteSize);
        // alone more than a budget that is smaller now
        if (byteSize > this.options.budgetBytes) this.#evicted.push(key);
      }
      for (const [key, byteSize] of usedSinceStart) this.#index.set(key, byteSize);
      this.#isListed = true;
    }
    await this.#removeEvicted();
  }

  async #saveOrder(): Promise<void> {
    const used = [...this.#usedOn];
    this.#usedOn.clear();
    for (const [key, usedOn] of used) await this.#folder.markUsed(key, usedOn);
  }
}
