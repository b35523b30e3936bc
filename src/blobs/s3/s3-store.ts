import { text } from 'node:stream/consumers';
import type { Sha256 } from '../../domain/images/image.js';
import type { ByteStore, OpenedBytes, SpooledFile, StoredBlob } from '../../domain/ports.js';
import { formatStoreId, parseStoreId, storeIdName, unreadableId } from '../store-id.js';
import type { S3Objects } from './s3-objects.js';

/** More than this is not an id of ours. */
const maxIdBytes = 1_000;
const namePattern = /^([0-9a-f]{2})\/([0-9a-f]{2})\/(\1\2[0-9a-f]{60})$/;

/** Bytes as objects `ab/cd/<sha256>`. */
export class S3Store implements ByteStore {
  constructor(private readonly objects: S3Objects) {}

  /** Whatever is there is replaced. */
  put(file: SpooledFile): Promise<void> {
    return this.objects.putFile(nameOf(file.sha256), file);
  }

  open(sha256: Sha256): Promise<OpenedBytes | null> {
    return this.objects.get(nameOf(sha256));
  }

  remove(sha256: Sha256): Promise<void> {
    return this.objects.remove(nameOf(sha256));
  }

  async *list(): AsyncIterable<StoredBlob> {
    for await (const { name, modifiedOn } of this.objects.list()) {
      const sha256 = namePattern.exec(name)?.[3];
      if (sha256) yield { sha256: sha256 as Sha256, modifiedOn };
    }
  }

  async storeId(): Promise<string | null> {
    const found = await this.objects.get(storeIdName);
    if (!found) return null;
    if (found.byteSize <= maxIdBytes) return parseStoreId(await text(found.stream));
    found.stream.destroy();
    return unreadableId;
  }

  setStoreId(id: string): Promise<void> {
    return this.objects.putText(storeIdName, formatStoreId(id));
  }
}

const nameOf = (sha256: Sha256): string => `${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`;
