import { mkdir, open, opendir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeAll } from '../lib/write-all.js';

/** A file of the folder, as it was when it was listed. */
export interface ListedVariant {
  readonly key: string;
  /** Of the file. */
  readonly byteSize: number;
  readonly usedOn: Date;
}

const keyPattern = /^[\w-]{3,128}$/;
const shardPattern = /^[\w-]$/;
const incomingSuffix = '.incoming';
/** No variant: those are in the folders of their first letters. */
const cursorName = 'rendered-ahead';
/** A checksum of the key and the bytes, big-endian, follows the bytes. */
const checksumBytes = 4;

/** What the file of a variant with so many bytes takes. */
export const fileSize = (bytes: Uint8Array): number => bytes.byteLength + checksumBytes;

/**
 * Variants as files `a/<key>`, with the time of their last use as modification time. Nothing is synced: a file that a crash left
 * cut or empty fails its checksum.
 */
export class VariantFolder {
  constructor(private readonly path: string) {}

  /** The bytes, `damaged` where the file is not what was written under this key, or null where there is none. */
  async read(key: string): Promise<Uint8Array | 'damaged' | null> {
    const file = await orIfAbsent(readFile(this.#pathOf(key)), null);
    if (!file) return null;
    if (file.byteLength <= checksumBytes) return 'damaged';
    const bytes = file.subarray(0, -checksumBytes);
    return file.readUInt32BE(bytes.byteLength) === checksumOf(key, bytes) ? bytes : 'damaged';
  }

  async has(key: string): Promise<boolean> {
    return ((await orIfAbsent(stat(this.#pathOf(key)), null))?.size ?? 0) > 0;
  }

  readCursor(): Promise<string | null> {
    return orIfAbsent(readFile(join(this.path, cursorName), 'utf8'), null);
  }

  /** One at a time. */
  async writeCursor(text: string): Promise<void> {
    const path = join(this.path, cursorName);
    await mkdir(this.path, { recursive: true });
    await writeFile(path + incomingSuffix, text, { mode: 0o600 });
    await rename(path + incomingSuffix, path);
  }

  /** Of one key one at a time. The file appears in one step, or not at all. */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(key);
    const incomingPath = path + incomingSuffix;
    const checksum = Buffer.alloc(checksumBytes);
    checksum.writeUInt32BE(checksumOf(key, bytes));
    const place = async (): Promise<void> => {
      await create(incomingPath, [bytes, checksum]);
      await rename(incomingPath, path);
    };
    try {
      await place().catch(async (error: unknown) => {
        if (!isAbsence(error)) throw error;
        // the folders are nearly always there, so they are not made each time
        await mkdir(dirname(path), { recursive: true });
        await place();
      });
    } catch (error) {
      await rm(incomingPath, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async remove(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  /** Does nothing if the file is gone. */
  async markUsed(key: string, usedOn: Date): Promise<void> {
    await orIfAbsent(utimes(this.#pathOf(key), usedOn, usedOn), undefined);
  }

  /** All files, in no order. Those that go meanwhile may be left out. What a crash left half written is removed. */
  async *list(): AsyncIterable<ListedVariant> {
    const shards = await orIfAbsent(opendir(this.path), []);
    for await (const shard of shards) {
      if (!shard.isDirectory() || !shardPattern.test(shard.name)) continue;
      for await (const { name } of await opendir(join(this.path, shard.name))) {
        if (name.endsWith(incomingSuffix)) await rm(join(this.path, shard.name, name), { force: true });
        if (!keyPattern.test(name) || !name.startsWith(shard.name)) continue;
        const found = await orIfAbsent(stat(this.#pathOf(name)), null);
        // an empty one holds nothing and is written over some time
        if (found?.size) yield { key: name, byteSize: found.size, usedOn: found.mtime };
      }
    }
  }

  #pathOf(key: string): string {
    return join(this.path, key.slice(0, 1), key);
  }
}

const create = async (path: string, parts: readonly Uint8Array[]): Promise<void> => {
  const handle = await open(path, 'w', 0o600);
  try {
    await writeAll(handle, parts);
  } finally {
    await handle.close();
  }
};

/** Covers the key, so that no file is mistaken for another one, even if the file system ignores case. */
const checksumOf = (key: string, bytes: Uint8Array): number => crc32(bytes, crc32(key));

const orIfAbsent = async <Result, Absence>(work: Promise<Result>, absence: Absence): Promise<Result | Absence> => {
  try {
    return await work;
  } catch (error) {
    if (isAbsence(error)) return absence;
    throw error;
  }
};

const isAbsence = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
