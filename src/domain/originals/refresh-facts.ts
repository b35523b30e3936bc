import { DomainError, UnavailableError } from '../errors.js';
import { factsVersions, type Sha256 } from '../images/image.js';
import type { ByteStore, ImageProcessor, Spool, State } from '../ports.js';

export interface RefreshDependencies {
  readonly state: State;
  readonly blobs: ByteStore;
  readonly spool: Spool;
  readonly processor: Pick<ImageProcessor, 'inspect'>;
}

export interface RefreshListener {
  /** After each original, in the order in which they finish. */
  readonly onDone: () => void;
  /** Its facts stay as they are. */
  readonly onFailed: (sha256: Sha256, reason: string) => void;
}

const pageSize = 200;
/** Each holds a decoded image: so few that a server next to it has the other cores. */
const inspectors = 2;

/**
 * Inspects each original whose facts are older than this version again, and writes what it finds. It may be ended at any time and next
 * to servers: what is done is not done again.
 */
export const refreshFacts = async (
  dependencies: RefreshDependencies,
  { onDone, onFailed }: RefreshListener,
  signal: AbortSignal,
): Promise<void> => {
  const outdated = outdatedHashes(dependencies.state);
  const work = async (): Promise<void> => {
    for await (const sha256 of outdated) {
      if (signal.aborted) return;
      const failure = await refresh(dependencies, sha256);
      if (failure !== null) onFailed(sha256, failure);
      onDone();
    }
  };
  await Promise.all(Array.from({ length: inspectors }, work));
};

async function* outdatedHashes({ read }: Pick<State, 'read'>): AsyncGenerator<Sha256> {
  for (let after: Sha256 | null = null; ; ) {
    const page: Sha256[] = await read.blobsOlderThan(factsVersions, after, pageSize);
    yield* page;
    after = page.at(-1) ?? null;
    if (page.length < pageSize) return;
  }
}

/** Resolves with why an original keeps its facts, or null. A failure of the database ends the run. */
const refresh = async (
  { state, blobs, spool, processor }: RefreshDependencies,
  sha256: Sha256,
): Promise<string | null> => {
  const facts = await inspectStored({ blobs, spool, processor }, sha256);
  if ('failure' in facts) return facts.failure;
  await state.write((writer) => writer.updateFacts({ ...facts, sha256 }));
  return null;
};

const inspectStored = async ({ blobs, spool, processor }: Omit<RefreshDependencies, 'state'>, sha256: Sha256) => {
  try {
    const opened = await blobs.open(sha256);
    if (!opened) return { failure: 'The original is missing.' };
    // its size was accepted when it was uploaded
    const file = await spool.receive(opened.stream, opened.byteSize);
    try {
      if ('refusal' in file) throw file.refusal;
      if ('tooLarge' in file || file.sha256 !== sha256) return { failure: 'The original is corrupt.' };
      return { ...(await processor.inspect(file.path)), byteSize: file.byteSize };
    } finally {
      await spool.discard(file);
    }
  } catch (error) {
    const cause = error instanceof UnavailableError ? (error.cause ?? error) : error;
    if (error instanceof DomainError || (cause instanceof Error && 'code' in cause)) {
      return { failure: cause instanceof Error ? cause.message : String(cause) };
    }
    throw error;
  }
};
