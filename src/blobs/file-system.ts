import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, opendir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Sha256 } from '../domain/image.js';
import type { BlobStore, ByteSource, SpooledFile } from '../domain/ports.js';
import { fsync } from '../lib/fsync.js';

const sha256Pattern = /^[0-9a-f]{64}$/;
const shardPattern = /^[0-9a-f]{2}$/;
const maxSeen = 10_000;

/**
 * Bytes as files `ab/cd/<sha256>`. A file under such a name is always whole: it gets the name in one step, after its bytes are on
 * the disk. Best in the same file system as the spool: taking a file over is then a matter of a name.
 */
export class FileSystemBlobStore implements BlobStore {
  /** What is there until it is removed: nobody looks for it again. */
  readonly #seen = new LRUCache<Sha256, ByteSource>({ max: maxSeen });
  #removals = 0;

  private constructor(
    private readonly folder: string,
    private readonly incomingFolder: string,
  ) {}

  /** Makes the folder where there is none, and removes what a crash left half copied. Nobody else may write there. */
  static async open(folder: string): Promise<FileSystemBlobStore> {
    const incomingFolder = join(folder, 'incoming');
    await rm(incomingFolder, { recursive: true, force: true });
    await mkdir(incomingFolder, { recursive: true });
    await fsync(dirname(folder));
    return new FileSystemBlobStore(folder, incomingFolder);
  }

  async put(file: SpooledFile): Promise<void> {
    const path = this.#pathOf(file.sha256);
    await mkdir(dirname(path), { recursive: true });
    if (!(await this.#refresh(path, file.byteSize))) await this.#place(file.path, path);
    await this.#syncFolders(path);
  }

  async locate(sha256: Sha256): Promise<ByteSource | null> {
    const seen = this.#seen.get(sha256);
    if (seen) return seen;
    const removalsBefore = this.#removals;
    const path = this.#pathOf(sha256);
    if (!(await statIfThere(path))?.isFile()) return null;
    const source = { path };
    if (this.#removals === removalsBefore) this.#seen.set(sha256, source);
    return source;
  }

  async remove(sha256: Sha256): Promise<void> {
    this.#removals += 1;
    this.#seen.delete(sha256);
    await rm(this.#pathOf(sha256), { force: true });
  }

  async *sweepable(before: Date): AsyncIterable<Sha256> {
    for await (const first of shardsOf(this.folder)) {
      for await (const second of shardsOf(join(this.folder, first))) {
        for await (const { name } of await opendir(join(this.folder, first, second))) {
          if (!sha256Pattern.test(name) || !name.startsWith(first + second)) continue;
          const found = await statIfThere(join(this.folder, first, second, name));
          if (found && found.mtime < before) yield name as Sha256;
        }
      }
    }
  }

  #pathOf(sha256: Sha256): string {
    return join(this.folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  }

  /** Keeps bytes that are already there and makes them count as new; false where there are none, or not all of them. */
  async #refresh(path: string, byteSize: number): Promise<boolean> {
    const found = await statIfThere(path);
    if (found?.size !== byteSize) return false;
    const now = new Date();
    await utimes(path, now, now);
    return true;
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

  /** All of them each time: a folder that is there may still be as volatile as whoever made it a moment ago left it. */
  async #syncFolders(path: string): Promise<void> {
    const second = dirname(path);
    for (const folder of [second, dirname(second), this.folder]) await fsync(folder);
  }
}

/** A second name for the same bytes, or a durable copy where the file system has no such thing. */
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

const statIfThere = async (path: string) => {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** The folders of one level; whatever else lies there is not ours. */
async function* shardsOf(folder: string): AsyncIterable<string> {
  for await (const entry of await opendir(folder))
    if (entry.isDirectory() && shardPattern.test(entry.name)) yield entry.name;
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
