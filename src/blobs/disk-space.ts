import { statfs } from 'node:fs/promises';
import { StorageFullError, UnavailableError } from '../domain/errors.js';
import type { BlobStore, StorageSpace } from '../domain/ports.js';

export interface DiskSpaceOptions {
  /** One folder on each disk that is written to. */
  readonly folders: readonly string[];
  readonly headRoomBytes: number;
  /** Called with each failure that is translated, for the log. */
  readonly onFailure: (error: unknown) => void;
}

const lookMs = 1_000;
const retryAfterSeconds = 2;
const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);
const shortageCodes = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'SQLITE_NOMEM', 'SQLITE_CANTOPEN']);

/** The space that is left on the disks, looked up once a second at most. */
export class DiskSpace implements StorageSpace {
  #freeBytes: Promise<number> | undefined;
  #lookedAtMs = 0;
  /** Since that look. */
  #writtenBytes = 0;

  constructor(private readonly options: DiskSpaceOptions) {}

  async require(byteSize = 0): Promise<void> {
    const { headRoomBytes } = this.options;
    if (headRoomBytes === 0) return;
    const freeBytes = await this.#free();
    if (freeBytes - this.#writtenBytes - byteSize < headRoomBytes) throw new StorageFullError(headRoomBytes);
    this.#writtenBytes += byteSize;
  }

  translate(error: unknown): unknown {
    const failure = this.#failureOf(error);
    if (failure !== error || error instanceof StorageFullError) this.options.onFailure(error);
    return failure;
  }

  #failureOf(error: unknown): unknown {
    if (!(error instanceof Error && 'code' in error)) return error;
    const code = String(error.code);
    if (fullCodes.has(code)) return new StorageFullError(this.options.headRoomBytes, { cause: error });
    if (!shortageCodes.has(code)) return error;
    const message = 'The server lacks file descriptors or memory. Try again in a moment.';
    return new UnavailableError(message, retryAfterSeconds, { cause: error });
  }

  #free(): Promise<number> {
    const nowMs = performance.now();
    if (!this.#freeBytes || nowMs - this.#lookedAtMs >= lookMs) {
      this.#lookedAtMs = nowMs;
      this.#writtenBytes = 0;
      this.#freeBytes = this.#look();
    }
    return this.#freeBytes;
  }

  async #look(): Promise<number> {
    const free = await Promise.all(this.options.folders.map(freeBytesOf));
    return Math.min(...free);
  }
}

/** A file system that reports no size, or nothing at all, has no bound that is known: writing to it decides. */
const freeBytesOf = async (folder: string): Promise<number> => {
  const found = await statfs(folder).catch(() => null);
  return found?.blocks ? found.bavail * found.bsize : Number.POSITIVE_INFINITY;
};

/** The same store; failures of the system are those that clients understand. */
export const translatingStore = (blobs: BlobStore, space: StorageSpace): BlobStore => {
  const translated = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      throw space.translate(error);
    }
  };
  return {
    put: (file) => translated(blobs.put(file)),
    locate: (sha256, demand) => translated(blobs.locate(sha256, demand)),
    open: (sha256, demand) => translated(blobs.open(sha256, demand)),
    remove: (sha256) => translated(blobs.remove(sha256)),
    list: () => blobs.list(),
    storeId: () => translated(blobs.storeId()),
    setStoreId: (id) => translated(blobs.setStoreId(id)),
  };
};
