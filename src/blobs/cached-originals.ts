import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import { DamagedOriginalError, StorageFullError } from '../domain/errors.js';
import type { Sha256 } from '../domain/images/image.js';
import type {
  BlobStore,
  ByteStore,
  LocatedBytes,
  OpenedBytes,
  SpooledFile,
  StorageSpace,
  StoredBlob,
} from '../domain/ports.js';
import type { BoundedQueue } from '../lib/bounded-queue.js';
import { Demand } from '../lib/demand.js';
import { sha256Of } from '../lib/sha256-of.js';
import { SingleFlight } from '../lib/single-flight.js';

export interface CachedOriginalsOptions {
  readonly folder: string;
  /** What the files may have together; those in use come on top. */
  readonly budgetBytes: number;
  /** Larger objects are not fetched: they are not what was uploaded. */
  readonly maxFileBytes: number;
  readonly space: Pick<StorageSpace, 'require'>;
  /** Few are fetched at a time, in turns among clients. */
  readonly fetches: BoundedQueue;
  /** Called with what the disk refuses; the server goes on without the cache. */
  readonly onFault: (error: unknown) => void;
}

/** A file of the cache. None is ever written to a second time: each has a name of its own. */
interface CachedFile {
  readonly path: string;
  readonly byteSize: number;
  /** Whether its hash was compared by this process; not yet for files from before the start. */
  isProven: boolean;
  /** How many use it now. */
  pins: number;
  /** Whether to delete it when nobody uses it. */
  isDropped: boolean;
}

const namePattern = /^([0-9a-f]{64})\.[0-9a-f-]{36}$/;
const maxDamaged = 1_000;
/** How long bytes that turned out to be wrong are not fetched again. */
const damagedMs = 60_000;

/**
 * A remote store with a cache of its bytes as files of this machine, which decoders need. The hash is compared while bytes stream in, so
 * no reader gets a half or a wrong file. Readers of the same bytes share one fetch; a file that is evicted stays until its readers are
 * done.
 */
export class CachedOriginals implements BlobStore {
  readonly #files: LRUCache<Sha256, CachedFile>;
  readonly #flights = new SingleFlight<CachedFile | null>();
  /** The hashes that are being fetched, and whether their bytes were removed meanwhile. */
  readonly #underWay = new Map<Sha256, { isRemoved: boolean }>();
  readonly #damaged = new LRUCache<Sha256, DamagedOriginalError>({ max: maxDamaged, ttl: damagedMs });

  private constructor(
    private readonly store: ByteStore,
    private readonly options: CachedOriginalsOptions,
  ) {
    this.#files = new LRUCache({
      maxSize: Math.max(1, options.budgetBytes),
      sizeCalculation: ({ byteSize }) => Math.max(1, byteSize),
      dispose: (file) => this.#drop(file),
    });
  }

  /** Keeps what the folder has from before. Nobody else may write there. */
  static async open(store: ByteStore, options: CachedOriginalsOptions): Promise<CachedOriginals> {
    await mkdir(options.folder, { recursive: true });
    const originals = new CachedOriginals(store, options);
    await originals.#list();
    return originals;
  }

  async put(file: SpooledFile): Promise<void> {
    await this.store.put(file);
    this.#damaged.delete(file.sha256);
    await this.#adopt(file).catch(this.options.onFault);
  }

  async locate(sha256: Sha256, demand = Demand.of('')): Promise<LocatedBytes | null> {
    const file = (await this.#cached(sha256)) ?? (await this.#fetched(sha256, demand));
    return file && { path: file.path, release: () => this.#unpin(file) };
  }

  /** Bytes that are not the right ones come from the store, as they are. */
  async open(sha256: Sha256, demand?: Demand): Promise<OpenedBytes | null> {
    const located = await this.locate(sha256, demand).catch((error: unknown) => {
      if (error instanceof DamagedOriginalError) return 'damaged' as const;
      throw error;
    });
    if (located === 'damaged') return this.store.open(sha256);
    if (!located || !('path' in located)) return null;
    try {
      // an open file may be deleted
      return await openFile(located.path);
    } finally {
      located.release?.();
    }
  }

  async remove(sha256: Sha256): Promise<void> {
    await this.store.remove(sha256);
    this.#files.delete(sha256);
    this.#damaged.delete(sha256);
    const underWay = this.#underWay.get(sha256);
    if (underWay) underWay.isRemoved = true;
  }

  list(): AsyncIterable<StoredBlob> {
    return this.store.list();
  }

  storeId(): Promise<string | null> {
    return this.store.storeId();
  }

  setStoreId(id: string): Promise<void> {
    return this.store.setStoreId(id);
  }

  /** The file of the cache, pinned, if it is there and right. */
  async #cached(sha256: Sha256): Promise<CachedFile | null> {
    const file = this.#files.get(sha256);
    if (!file) return null;
    file.pins += 1;
    if (await isWhole(file, sha256)) return file;
    // another reader may have replaced it already
    if (this.#files.peek(sha256) === file) this.#files.delete(sha256);
    this.#unpin(file);
    return null;
  }

  /** The file of a new fetch, pinned. */
  async #fetched(sha256: Sha256, demand: Demand): Promise<CachedFile | null> {
    const damaged = this.#damaged.get(sha256);
    if (damaged) throw damaged;
    const [client = ''] = demand.clients;
    const fetch = (wanted: Demand) => this.options.fetches.run(() => this.#fetch(sha256), wanted);
    const file = await this.#flights.run(sha256, fetch, { client, signal: demand.abandoned });
    if (file) file.pins += 1;
    return file;
  }

  async #fetch(sha256: Sha256): Promise<CachedFile | null> {
    const state = { isRemoved: false };
    this.#underWay.set(sha256, state);
    try {
      const file = await this.#download(sha256);
      if (!file) return null;
      // until those that wait have pinned it, which they do before anything else runs
      file.pins += 1;
      setImmediate(() => this.#unpin(file));
      if (state.isRemoved || file.byteSize > this.options.budgetBytes || (await this.#isShortOfSpace())) {
        this.#drop(file);
      } else {
        this.#files.set(sha256, file);
      }
      return file;
    } catch (error) {
      if (error instanceof DamagedOriginalError) this.#damaged.set(sha256, error);
      throw error;
    } finally {
      this.#underWay.delete(sha256);
    }
  }

  /** Writes the bytes to a new file, which is gone again if they are not the right ones. */
  async #download(sha256: Sha256): Promise<CachedFile | null> {
    const opened = await this.store.open(sha256);
    if (!opened) return null;
    const { byteSize, stream } = opened;
    const path = this.#newPath(sha256);
    let file: FileHandle | undefined;
    try {
      if (byteSize > this.options.maxFileBytes) throw new DamagedOriginalError(sha256, `has ${byteSize} bytes`);
      file = await open(path, 'wx', 0o600);
      const found = await writeHashed(file, stream);
      if (found !== sha256) throw new DamagedOriginalError(sha256, `has the SHA-256 ${found}`);
      await file.close();
      return { path, byteSize, isProven: true, pins: 0, isDropped: false };
    } catch (error) {
      stream.destroy();
      await file?.close().catch(() => undefined);
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Keeps a file that was just uploaded: an uploaded image is usually viewed next. */
  async #adopt({ sha256, path: spooledPath, byteSize }: SpooledFile): Promise<void> {
    this.#files.delete(sha256);
    if (byteSize > this.options.budgetBytes || (await this.#isShortOfSpace())) return;
    const path = this.#newPath(sha256);
    await link(spooledPath, path);
    this.#files.set(sha256, { path, byteSize, isProven: true, pins: 0, isDropped: false });
  }

  /** With little space left, files go as soon as nobody uses them. */
  async #isShortOfSpace(): Promise<boolean> {
    try {
      await this.options.space.require();
      return false;
    } catch (error) {
      if (error instanceof StorageFullError) return true;
      throw error;
    }
  }

  #newPath(sha256: Sha256): string {
    return join(this.options.folder, `${sha256}.${randomUUID()}`);
  }

  #unpin(file: CachedFile): void {
    file.pins -= 1;
    if (file.isDropped) this.#drop(file);
  }

  #drop(file: CachedFile): void {
    file.isDropped = true;
    if (file.pins === 0) rm(file.path, { force: true }).catch(this.options.onFault);
  }

  async #list(): Promise<void> {
    const { folder } = this.options;
    const found: { sha256: Sha256; usedOn: Date; file: CachedFile }[] = [];
    for (const name of await readdir(folder)) {
      const sha256 = namePattern.exec(name)?.[1] as Sha256 | undefined;
      if (!sha256) continue;
      const path = join(folder, name);
      const { size: byteSize, mtime: usedOn } = await stat(path);
      found.push({ sha256, usedOn, file: { path, byteSize, isProven: false, pins: 0, isDropped: false } });
    }
    found.sort((one, other) => one.usedOn.getTime() - other.usedOn.getTime());
    for (const { sha256, file } of found) {
      if (file.byteSize > this.options.budgetBytes) this.#drop(file);
      else this.#files.set(sha256, file);
    }
  }
}

/** Whether a file is still there; one from before the start may also be cut short or changed. */
const isWhole = async (file: CachedFile, sha256: Sha256): Promise<boolean> => {
  try {
    if ((await stat(file.path)).size !== file.byteSize) return false;
    file.isProven ||= (await sha256Of(createReadStream(file.path))) === sha256;
    return file.isProven;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

/** Resolves with the SHA-256 of what was written. */
const writeHashed = async (file: FileHandle, stream: Readable): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  return hash.digest('hex');
};

const openFile = async (path: string): Promise<OpenedBytes> => {
  const file = await open(path);
  try {
    return { byteSize: (await file.stat()).size, stream: file.createReadStream() };
  } catch (error) {
    await file.close();
    throw error;
  }
};
