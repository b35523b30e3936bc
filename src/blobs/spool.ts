import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageFullError } from '../domain/errors.js';
import type { Sha256 } from '../domain/images/image.js';
import type { ReceivedFile, Spool, StorageSpace } from '../domain/ports.js';
import { writeAll } from '../lib/write-all.js';

const suffix = '.upload';
/** A socket gives a quarter of it at most: a write for each of its chunks would take longer than the bytes. */
const pieceBytes = 256 * 1024;

/** Uploads as files of a temporary folder. Each is on the disk, not only in the system's cache, when it is handed on. */
export class FolderSpool implements Spool {
  readonly #underWay = new Set<Promise<unknown>>();

  private constructor(
    private readonly folder: string,
    private readonly space: StorageSpace,
  ) {}

  /** Creates the folder if it does not exist, and removes the files of a process that has ended. Nobody else may spool there. */
  static async open(folder: string, space: StorageSpace): Promise<FolderSpool> {
    await mkdir(folder, { recursive: true });
    const spool = new FolderSpool(folder, space);
    await spool.clear();
    return spool;
  }

  async receive(stream: AsyncIterable<Uint8Array>, limitBytes: number): Promise<ReceivedFile> {
    const receiving = this.#receive(stream, limitBytes);
    this.#underWay.add(receiving);
    try {
      return await receiving;
    } finally {
      this.#underWay.delete(receiving);
    }
  }

  async #receive(stream: AsyncIterable<Uint8Array>, limitBytes: number): Promise<ReceivedFile> {
    const path = join(this.folder, randomUUID() + suffix);
    const hash = createHash('sha256');
    let file: FileHandle | undefined;
    let refusal: StorageFullError | undefined;
    let byteSize = 0;
    let keep = false;
    const dropBytes = () => file?.truncate(0);
    /** A full disk refuses this file and no more: what is left of it is read, so that the request can go on. */
    const unlessFull = async (work: () => Promise<void>): Promise<void> => {
      try {
        if (!refusal) await work();
      } catch (error) {
        const failure = this.space.translate(error);
        if (!(failure instanceof StorageFullError)) throw failure;
        refusal = failure;
        await dropBytes();
      }
    };
    try {
      await unlessFull(async () => {
        await this.space.require();
        file = await open(path, 'wx', 0o600);
      });
      // each piece is requested when the one before is written: the sender is slowed down, memory stays as it is
      for await (const { chunks, byteLength } of inPieces(stream)) {
        const wasWithinLimit = byteSize <= limitBytes;
        byteSize += byteLength;
        if (byteSize <= limitBytes) {
          for (const chunk of chunks) hash.update(chunk);
          await unlessFull(async () => {
            await this.space.require(byteLength);
            if (file) await writeAll(file, chunks);
          });
        } else if (wasWithinLimit) {
          await dropBytes();
        }
      }
      if (byteSize > limitBytes) return { tooLarge: true };
      await unlessFull(async () => file?.sync());
      if (refusal) return { refusal };
      keep = true;
      return { path, sha256: hash.digest('hex') as Sha256, byteSize };
    } finally {
      await file?.close();
      if (!keep) await rm(path, { force: true });
    }
  }

  async discard(file: ReceivedFile): Promise<void> {
    if ('path' in file) await rm(file.path, { force: true });
  }

  /** When the server has ended its connections: waits for what was still coming in, and leaves no file. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.clear();
  }

  /** Removes every spooled file. */
  async clear(): Promise<void> {
    const names = await readdir(this.folder);
    await Promise.all(
      names.filter((name) => name.endsWith(suffix)).map((name) => rm(join(this.folder, name), { force: true })),
    );
  }
}

/** Chunks as they came, which are written at once: a copy of them in one would cost more than the hash. */
interface Piece {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
}

/** The same bytes in pieces of at least {@link pieceBytes}, but for the last. */
async function* inPieces(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  let chunks: Uint8Array[] = [];
  let byteLength = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    byteLength += chunk.byteLength;
    if (byteLength < pieceBytes) continue;
    yield { chunks, byteLength };
    chunks = [];
    byteLength = 0;
  }
  if (byteLength > 0) yield { chunks, byteLength };
}
