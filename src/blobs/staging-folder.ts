import { randomUUID } from 'node:crypto';
import { access, link, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AccountId, asAccountId } from '../domain/images/image.js';
import type { OpenedBytes, SpooledFile, StagingArea, UploadTarget } from '../domain/ports.js';
import { parseStagedUpload, type StagedUpload } from '../domain/uploads/staged-upload.js';
import { fsync } from '../lib/fsync.js';

const incomingSuffix = '.incoming';

/** Staged files as files `<account>/<id>`, which clients send to this server. In the file system of the spool. */
export class StagingFolder implements StagingArea {
  private constructor(
    private readonly folder: string,
    private readonly urlOf: (upload: StagedUpload) => string,
  ) {}

  /** Removes what a crash left half moved. Nobody else may write there. */
  static async open(folder: string, urlOf: (upload: StagedUpload) => string): Promise<StagingFolder> {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder, { recursive: true })) {
      if (name.endsWith(incomingSuffix)) await rm(join(folder, name), { force: true });
    }
    return new StagingFolder(folder, urlOf);
  }

  async create(upload: StagedUpload): Promise<UploadTarget> {
    const path = this.#pathOf(upload);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '', { flag: 'wx', mode: 0o600 });
    return { url: this.urlOf(upload), headers: {} };
  }

  async has(upload: StagedUpload): Promise<boolean> {
    return (await orIfAbsent(access(this.#pathOf(upload)), 'absent')) === undefined;
  }

  async open(upload: StagedUpload): Promise<OpenedBytes | null> {
    const file = await orIfAbsent(open(this.#pathOf(upload)), null);
    if (!file) return null;
    try {
      return { byteSize: (await file.stat()).size, stream: file.createReadStream() };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async put(upload: StagedUpload, file: SpooledFile): Promise<boolean> {
    if (!(await this.has(upload))) return false;
    const path = this.#pathOf(upload);
    const incomingPath = `${path}.${randomUUID()}${incomingSuffix}`;
    // the spool has already brought the bytes to the disk
    await link(file.path, incomingPath);
    await rename(incomingPath, path);
    await fsync(dirname(path));
    return true;
  }

  async remove(upload: StagedUpload): Promise<void> {
    await rm(this.#pathOf(upload), { force: true });
  }

  async *list(accountId?: AccountId): AsyncIterable<StagedUpload> {
    const accounts = accountId ? [accountId] : await readdir(this.folder);
    for (const account of accounts) {
      const owner = asAccountId(account);
      if (!owner) continue;
      for (const name of await orIfAbsent(readdir(join(this.folder, account)), [])) {
        const upload = parseStagedUpload(owner, name);
        if (upload) yield upload;
      }
    }
  }

  #pathOf({ accountId, id }: StagedUpload): string {
    return join(this.folder, accountId, id);
  }
}

const orIfAbsent = async <Result, Absence>(work: Promise<Result>, absence: Absence): Promise<Result | Absence> => {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return absence;
    throw error;
  }
};
