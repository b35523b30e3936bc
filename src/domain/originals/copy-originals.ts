import type { Sha256 } from '../images/image.js';
import type { ByteStore, KnownBlob, Spool, State } from '../ports.js';

export interface CopyListener {
  /** After each original, copied or not. */
  readonly onDone: () => void;
  /** An original that is not copied: the source has no right bytes of it. */
  readonly onDamaged: (sha256: Sha256, reason: string) => void;
}

interface CopyDependencies {
  /** Of the source. */
  readonly state: Pick<State, 'read'>;
  readonly from: ByteStore;
  readonly to: ByteStore;
  readonly spool: Spool;
  readonly maxFileBytes: number;
}

const pageSize = 200;
/** Copies at the same time: enough to hide the latency of a store over the network. */
const workers = 8;

/**
 * Copies the bytes of all blobs that the database knows, those with a tombstone too. What the target has already with the right number of
 * bytes is not copied again, so that an interrupted copy goes on; whether it is right is for `verifyOriginals` to say.
 */
export const copyOriginals = async (dependencies: CopyDependencies, listener: CopyListener): Promise<void> => {
  const { state, to } = dependencies;
  const present = new Set<Sha256>();
  for await (const { sha256 } of to.list()) present.add(sha256);
  const blobs = knownBlobs(state);
  const work = async (): Promise<void> => {
    for await (const blob of blobs) {
      if (!present.has(blob.sha256)) await copyOne(dependencies, blob, listener);
      listener.onDone();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
};

/** Hashed on the way: wrong bytes do not get into the target. */
const copyOne = async (
  { from, to, spool, maxFileBytes }: CopyDependencies,
  { sha256, unnamedOn }: KnownBlob,
  { onDamaged }: CopyListener,
): Promise<void> => {
  const opened = await from.open(sha256);
  if (!opened) {
    // an interrupted sweep may have removed bytes that no image names
    if (unnamedOn === null) onDamaged(sha256, 'missing');
    return;
  }
  const file = await spool.receive(opened.stream, maxFileBytes);
  try {
    if ('refusal' in file) throw file.refusal;
    if ('tooLarge' in file) return onDamaged(sha256, `larger than ${maxFileBytes} bytes`);
    if (file.sha256 === sha256) await to.put(file);
    else if (unnamedOn === null) onDamaged(sha256, 'corrupt');
  } finally {
    await spool.discard(file);
  }
};

async function* knownBlobs({ read }: Pick<State, 'read'>): AsyncGenerator<KnownBlob> {
  for (let after: Sha256 | null = null; ; ) {
    const page: KnownBlob[] = await read.listBlobs(after, pageSize);
    yield* page;
    after = page.at(-1)?.sha256 ?? null;
    if (page.length < pageSize) return;
  }
}
