import { sha256Of } from '../../lib/sha256-of.js';
import { UnavailableError } from '../errors.js';
import type { Image, Sha256 } from '../images/image.js';
import type { ByteStore, State, StoredBlob } from '../ports.js';

export interface DamagedOriginal {
  readonly sha256: Sha256;
  readonly damage: 'missing' | 'corrupt' | 'unreadable';
  /** What the system says of one that cannot be read. */
  readonly reason?: string;
  /** Some of the images that have it. */
  readonly images: readonly Image[];
}

export interface VerifyListener {
  /** After each original, in the order in which they finish. */
  readonly onChecked: () => void;
  readonly onDamaged: (damaged: DamagedOriginal) => void;
  /** Bytes in the store that the database does not know. */
  readonly onUnknown: (unknown: StoredBlob) => Promise<void>;
}

interface VerifyDependencies {
  readonly state: Pick<State, 'read'>;
  readonly blobs: ByteStore;
}

const pageSize = 200;
/** Reads at the same time: enough to keep a disk busy next to a running server. */
const readers = 4;
const shownImages = 5;

/**
 * Reads every original that an image names and compares its hash, then looks for bytes that the database does not know. It changes
 * nothing, keeps a page of hashes and a chunk per reader in memory, and may run next to a server.
 */
export const verifyOriginals = async (
  { state, blobs }: VerifyDependencies,
  listener: VerifyListener,
): Promise<void> => {
  const named = namedHashes(state);
  const read = async (): Promise<void> => {
    for await (const sha256 of named) {
      const found = await damageOf(blobs, sha256);
      if (found) {
        // one that was deleted in the meantime is not damaged
        const images = await state.read.imagesWithBytes(sha256, shownImages);
        if (images.length > 0) listener.onDamaged({ sha256, ...found, images });
      }
      listener.onChecked();
    }
  };
  await Promise.all(Array.from({ length: readers }, read));
  for await (const page of pagesOf(blobs.list())) {
    const known = await state.read.knownHashes(page.map(({ sha256 }) => sha256));
    for (const stored of page) if (!known.has(stored.sha256)) await listener.onUnknown(stored);
  }
};

async function* namedHashes({ read }: Pick<State, 'read'>): AsyncGenerator<Sha256> {
  for (let after: Sha256 | null = null; ; ) {
    const page: Awaited<ReturnType<typeof read.listBlobs>> = await read.listBlobs(after, pageSize);
    for (const { sha256, unnamedOn } of page) if (unnamedOn === null) yield sha256;
    after = page.at(-1)?.sha256 ?? null;
    if (page.length < pageSize) return;
  }
}

/** A disk may fail in a single place: the originals elsewhere are still checked. */
const damageOf = async (
  blobs: ByteStore,
  sha256: Sha256,
): Promise<Pick<DamagedOriginal, 'damage' | 'reason'> | null> => {
  try {
    const opened = await blobs.open(sha256);
    if (!opened) return { damage: 'missing' };
    return (await sha256Of(opened.stream)) === sha256 ? null : { damage: 'corrupt' };
  } catch (error) {
    const reason = error instanceof UnavailableError ? (error.cause ?? error) : error;
    return { damage: 'unreadable', reason: reason instanceof Error ? reason.message : String(reason) };
  }
};

async function* pagesOf(stored: AsyncIterable<StoredBlob>): AsyncGenerator<StoredBlob[]> {
  let page: StoredBlob[] = [];
  for await (const blob of stored) {
    page.push(blob);
    if (page.length < pageSize) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
