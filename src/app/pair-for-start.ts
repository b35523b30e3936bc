import { nameOfStore } from '../blobs/store-location.js';
import type { Config } from '../config.js';
import { checkPairing, type Pairing } from '../domain/originals/pair-store.js';
import type { ByteStore, State } from '../domain/ports.js';
import { nameOfDatabase } from '../state/database-location.js';
import { StartRefusedError } from '../state/start-refused-error.js';

type Places = Pick<Config, 'database' | 'blobStore'>;

/** @throws {StartRefusedError} if the two do not belong together. */
export const refuseForeign = ({ database, blobStore }: Places, pairing: Pairing): void => {
  if (pairing.outcome !== 'foreign') return;
  const { databaseId, storeId, reason } = pairing;
  throw new StartRefusedError(
    `The database and the blob store do not belong together. ${reason}
  database    ${nameOfDatabase(database)} (id ${databaseId})
  blob store  ${nameOfStore(blobStore)} (${storeId === null ? 'no store.json' : `store.json has id ${storeId}`})
Nothing was changed. Check DATA_DIR, DATABASE_URL and BLOB_STORE_URL, or restore the one that is wrong from a backup.
If these two are meant to work together, accept the pairing:

  npm run verify -- --adopt`,
  );
};

/**
 * Makes sure that the server works on a database and a blob store that belong together, and pairs new ones.
 * @throws {StartRefusedError}
 */
export const pairForStart = async (places: Places, state: State, blobs: ByteStore): Promise<void> => {
  const pairing = await checkPairing(state, blobs);
  refuseForeign(places, pairing);
  if (pairing.outcome === 'pairable') await blobs.setStoreId(pairing.databaseId);
};
