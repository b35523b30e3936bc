import type { PublicId } from '../images/image.js';
import type { ChangeReader } from './changes.js';

/** The images behind some changes of the journal. */
interface ChangedImages {
  /** Null if the journal no longer has all changes after the position. */
  readonly publicIds: ReadonlySet<PublicId> | null;
  /** The position up to which these are all. */
  readonly through: number;
}

/**
 * The images that changed after a position of the journal.
 * @param head The newest change, read before: the changes that are read are then all up to there.
 * @param limit The most changes that are read.
 */
export const changedImagesAfter = async (
  changes: Pick<ChangeReader, 'changedImages' | 'oldest'>,
  position: number,
  { head, limit }: { readonly head: number; readonly limit: number },
): Promise<ChangedImages> => {
  const found = await changes.changedImages(position, limit);
  // after the changes were read: what expired meanwhile was read, or is noticed
  const [oldest] = await changes.oldest(1);
  const isExpired = oldest !== undefined && oldest.seq > position + 1;
  const last = found.at(-1)?.seq ?? 0;
  return {
    publicIds: isExpired ? null : new Set(found.map(({ publicId }) => publicId)),
    through: !isExpired && found.length === limit ? last : Math.max(last, head),
  };
};
