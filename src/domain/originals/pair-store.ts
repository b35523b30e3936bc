import type { Sha256 } from '../images/image.js';
import type { ByteStore, State } from '../ports.js';

export type Pairing =
  | { readonly outcome: 'paired' }
  /** They may be paired without harm: a new installation, or one from before stores had an id. */
  | { readonly outcome: 'pairable'; readonly databaseId: string }
  /** They do not look as if they belonged together. */
  | {
      readonly outcome: 'foreign';
      readonly databaseId: string;
      readonly storeId: string | null;
      readonly reason: string;
    };

const incompleteMark = '-incomplete';

/** The id of a database or a store into which a copy is under way, so that no server starts on it. */
export const incompleteIdOf = (installationId: string): string => `${installationId}${incompleteMark}`;

export const isIncompleteId = (id: string): boolean => id.endsWith(incompleteMark);

/** Hashes are spread evenly: the first ones are as good a sample as any. */
const sampleSize = 20;

/**
 * Whether a database and a blob store belong together: both keep the same id. A missing, emptied or mistyped one is noticed here, before
 * anything is written to either.
 */
export const checkPairing = async (state: Pick<State, 'read'>, blobs: ByteStore): Promise<Pairing> => {
  const [databaseId, storeId] = await Promise.all([state.read.storeId(), blobs.storeId()]);
  if (storeId === databaseId) return { outcome: 'paired' };
  if (storeId !== null && isIncompleteId(storeId)) {
    const reason = 'A copy into the store was not completed: run the same `npm run copy` again.';
    return { outcome: 'foreign', databaseId, storeId, reason };
  }
  const [known, storeIsEmpty] = await Promise.all([state.read.listBlobs(null, sampleSize), isEmpty(blobs)]);
  const foreign = (reason: string): Pairing => ({ outcome: 'foreign', databaseId, storeId, reason });
  if (known.length === 0) {
    return storeIsEmpty
      ? { outcome: 'pairable', databaseId }
      : foreign('The store has originals, and the database knows none.');
  }
  if (storeIsEmpty) return foreign('The database knows originals, and the store is empty.');
  if (storeId !== null) return foreign('The store belongs to another database.');
  // from before stores had an id: the originals themselves say whether they are this database's
  const present = await Promise.all(known.map(({ sha256 }) => isPresent(blobs, sha256)));
  return present.filter(Boolean).length * 2 > known.length
    ? { outcome: 'pairable', databaseId }
    : foreign('The store lacks most of the originals that the database knows.');
};

const isPresent = async (blobs: ByteStore, sha256: Sha256): Promise<boolean> => {
  const opened = await blobs.open(sha256);
  opened?.stream.destroy();
  return opened !== null;
};

const isEmpty = async (blobs: ByteStore): Promise<boolean> => {
  for await (const _ of blobs.list()) return false;
  return true;
};
