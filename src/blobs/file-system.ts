import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, open, opendir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Sha256 } from '../domain/images/image.js';
import type { BlobStore, ByteSource, OpenedBytes, SpooledFile, StoredBlob } from '../domain/ports.js';
import { fsync } from '../lib/fsync.js';
import { sha256Of } from '../lib/sha256-of.js';
import { formatStoreId, parseStoreId, storeIdName } from './store-id.js';

const sha256Pattern = /^[0-9a-f]{64}$/;
const shardPattern = /^[0-9a-f]{2}$/;
/** Of a hash, to name each of the two levels of folders. */
const levelDigits = 2;
const shardDigits = 2 * levelDigits;
const maxSeen = 10_000;
/** Fewer reads than with Node's 64 KiB, and still little memory. */
const readBytes = 256 * 1024;

/**
 * Bytes as files `ab/cd/<sha256>`. A file under such a name was written whole: it gets the name in one step, after its bytes are on
 * the disk. Best in the same file system as the spool, where storing a spooled file is a matter of a second name.
 */
export class FileSystemBlobStore implements BlobStore {
  /** Paths that were found once; they hold until the bytes are removed. */
  readonly #seen = new LRUCache<Sha256, ByteSource>({ max: maxSeen });
  #removals = 0;
  /** By {@link shardOf}: 1 for a folder that is known to be on the disk. */
  readonly #durableShards = new Uint8Array(16 ** shardDigits);
  /** The same of the first level, which all shards within share. */
  readonly #durableParents = new Uint8Array(16 ** levelDigits);

  private constructor(
    private readonly folder: string,
    private readonly incomingFolder: string,
  ) {}

  /** Creates the folder if it does not exist, and removes what a crash left half copied. No other server may write there. */
  static async open(folder: string): Promise<FileSystemBlobStore> {
    const store = FileSystemBlobStore.openAlongside(folder);
    await rm(store.incomingFolder, { recursive: true, force: true });
    await mkdir(store.incomingFolder, { recursive: true });
    await fsync(dirname(folder));
    return store;
  }

  /** For a tool that reads while a server may be writing: nothing is created or removed. */
  static openAlongside(folder: string): FileSystemBlobStore {
    return new FileSystemBlobStore(folder, join(folder, 'incoming'));
  }

  /** Bytes that are already there are read and proven by their hash; wrong ones are replaced. */
  async put(file: SpooledFile): Promise<void> {
    const path = this.#pathOf(file.sha256);
    await this.#ensureFolder(file.sha256);
    try {
      await this.#name(file, path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      // somebody removed the folder; if the file itself is gone, it fails again
      this.#durableShards[shardOf(file.sha256)] = 0;
      await this.#ensureFolder(file.sha256);
      await this.#name(file, path);
    }
    await fsync(dirname(path));
  }

  async #name(file: SpooledFile, path: string): Promise<void> {
    if ((await isLinked(file.path, path)) || (await this.#isIntact(file))) return;
    await this.#place(file.path, path);
  }

  async locate(sha256: Sha256): Promise<ByteSource | null> {
    const seen = this.#seen.get(sha256);
    if (seen) return seen;
    const removalsBefore = this.#removals;
    const path = this.#pathOf(sha256);
    if (!(await unlessAbsent(stat(path)))?.isFile()) return null;
    const source = { path };
    if (this.#removals === removalsBefore) this.#seen.set(sha256, source);
    return source;
  }

  async open(sha256: Sha256): Promise<OpenedBytes | null> {
    const file = await unlessAbsent(open(this.#pathOf(sha256)));
    if (!file) return null;
    try {
      const { size: byteSize } = await file.stat();
      return { byteSize, stream: file.createReadStream({ highWaterMark: readBytes }) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async remove(sha256: Sha256): Promise<void> {
    this.#removals += 1;
    this.#seen.delete(sha256);
    await rm(this.#pathOf(sha256), { force: true });
  }

  async *list(): AsyncIterable<StoredBlob> {
    for await (const first of shardsOf(this.folder)) {
      for await (const second of shardsOf(join(this.folder, first))) {
        for await (const { name } of await opendir(join(this.folder, first, second))) {
          if (!sha256Pattern.test(name) || !name.startsWith(first + second)) continue;
          const found = await unlessAbsent(stat(join(this.folder, first, second, name)));
          if (found) yield { sha256: name as Sha256, modifiedOn: found.mtime };
        }
      }
    }
  }

  async storeId(): Promise<string | null> {
    const text = await unlessAbsent(readFile(this.#storePath, 'utf8'));
    return text === undefined ? null : parseStoreId(text);
  }

  async setStoreId(id: string): Promise<void> {
    await mkdir(this.incomingFolder, { recursive: true });
    const draftPath = join(this.incomingFolder, randomUUID());
    await writeFile(draftPath, formatStoreId(id));
    await fsync(draftPath);
    await rename(draftPath, this.#storePath);
    await fsync(this.folder);
  }

  get #storePath(): string {
    return join(this.folder, storeIdName);
  }

  #pathOf(sha256: Sha256): string {
    return join(this.folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  }

  /** Whether the bytes are there and are the right ones: a disk may lose some, or change some and keep their number. */
  async #isIntact({ sha256, byteSize }: SpooledFile): Promise<boolean> {
    const stored = await this.open(sha256);
    if (!stored) return false;
    if (stored.byteSize === byteSize) return (await sha256Of(stored.stream)) === sha256;
    stored.stream.destroy();
    return false;
  }

  async #place(source: string, path: string): Promise<void> {
    const incomingPath = join(this.incomingFolder, randomUUID());
    try {
      await linkOrCopy(source, incomingPath);
      await rename(incomingPath, path);
    } finally {
      await rm(incomingPath, { force: true });
    }
  }

  /** A folder that exists may not be on the disk yet: what names it is synced the first time, whether it was there or not. */
  async #ensureFolder(sha256: Sha256): Promise<void> {
    const [shard, parent] = [shardOf(sha256), parentOf(sha256)];
    if (this.#durableShards[shard]) return;
    const folder = dirname(this.#pathOf(sha256));
    const firstMade = await mkdir(folder, { recursive: true });
    // somebody removed it under the server
    if (firstMade !== undefined && firstMade !== folder) this.#durableParents[parent] = 0;
    await fsync(dirname(folder));
    if (!this.#durableParents[parent]) await fsync(this.folder);
    this.#durableParents[parent] = 1;
    this.#durableShards[shard] = 1;
  }
}

/** The number of the folder that the bytes are in. */
const shardOf = (sha256: Sha256): number => Number.parseInt(sha256.slice(0, shardDigits), 16);
/** The number of the folder that this one is in. */
const parentOf = (sha256: Sha256): number => Number.parseInt(sha256.slice(0, levelDigits), 16);

/**
 * Gives the file a second name, which is there whole or not at all. Resolves with whether it did: not if something has the name, nor if
 * the file system has no second names.
 */
const isLinked = async (source: string, target: string): Promise<boolean> => {
  try {
    // the spool has already brought these bytes to the disk
    await link(source, target);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw error;
    return false;
  }
};

/** A second name for the same bytes, or a durable copy if the file system does not support that. */
const linkOrCopy = async (source: string, target: string): Promise<void> => {
  try {
    // the spool has already brought these bytes to the disk
    await link(source, target);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw error;
    await copyFile(source, target);
    await fsync(target);
  }
};

const unlessAbsent = async <Result>(promise: Promise<Result>): Promise<Result | undefined> => {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** The folders of one level; anything else in there is not ours. */
async function* shardsOf(folder: string): AsyncIterable<string> {
  const entries = await unlessAbsent(opendir(folder));
  if (!entries) return;
  for await (const entry of entries) if (entry.isDirectory() && shardPattern.test(entry.name)) yield entry.name;
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
