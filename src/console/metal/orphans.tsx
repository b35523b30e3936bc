import type { JSX } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { messageOf } from '../app/session.js';
import { DeleteOrphanMetalImagesDocument } from '../generated/graphql.js';
import { Dialog } from '../ui/dialog.js';
import { formatDate } from '../ui/format-date.js';

interface Orphan {
  readonly deletedId: string;
  readonly imageId: string;
  readonly expirationDate: string;
}

/** Shows what would be deleted before anything is. */
export const Orphans = ({ onClose }: { readonly onClose: () => void }): JSX.Element => {
  const { session, metal } = useConsole();
  const titleId = useId();
  const [orphans, setOrphans] = useState<readonly Orphan[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const run = async (dryRun: boolean): Promise<readonly Orphan[] | null> => {
    try {
      const { deleteOrphanMetalImages: result } = await session.run(DeleteOrphanMetalImagesDocument, { dryRun });
      if (result?.__typename === 'DeleteOrphanMetalImagesPayload') return result.deleted;
      setProblem(result?.message ?? 'The server responded without a result.');
    } catch (error) {
      setProblem(messageOf(error));
    }
    return null;
  };
  useEffect(() => {
    void run(true).then(setOrphans);
  }, []);
  const remove = async (): Promise<void> => {
    const deleted = await run(false);
    if (!deleted) return;
    for (const { deletedId } of deleted) metal.remove(deletedId);
    onClose();
  };
  return (
    <Dialog class="orphans" labelledBy={titleId} onClose={onClose}>
      <h2 id={titleId}>Orphans</h2>
      <p class="muted">
        Expired metal images that no machine uses. The newest of each operating system is always kept.
      </p>
      {orphans?.length === 0 && <p role="status">There are none.</p>}
      {orphans !== null && orphans.length > 0 && (
        <ul>
          {orphans.map(({ deletedId, imageId, expirationDate }) => (
            <li key={deletedId}>
              <code>{imageId}</code> expired {formatDate(expirationDate)}
            </li>
          ))}
        </ul>
      )}
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="buttons">
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
        {orphans !== null && orphans.length > 0 && (
          <button type="button" class="button danger" onClick={() => void remove()}>
            Delete {orphans.length === 1 ? 'it' : `all ${orphans.length}`} permanently
          </button>
        )}
      </div>
    </Dialog>
  );
};
