import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { changeImages, type ImageAction } from './change-images.js';

const actions = {
  decorative: { label: 'Mark as decorative', done: 'marked as decorative' },
  disable: { label: 'Disable', done: 'disabled' },
  enable: { label: 'Enable', done: 'enabled' },
  delete: { label: 'Delete…', done: 'deleted' },
} as const satisfies Record<ImageAction, { label: string; done: string }>;

const outcome = signal<string | null>(null);

/** What can be done with all selected images at once. */
export const BulkBar = (): JSX.Element | null => {
  const { session, images, announcer } = useConsole();
  const [isConfirming, setIsConfirming] = useState(false);
  const [progress, setProgress] = useState<{ done: number; all: number } | null>(null);
  const selected = images.selected.value;

  const run = async (action: ImageAction): Promise<void> => {
    setIsConfirming(false);
    const ids = [...selected];
    outcome.value = null;
    setProgress({ done: 0, all: ids.length });
    const problems = await changeImages({ session, images }, action, ids, (done) =>
      setProgress({ done, all: ids.length }),
    );
    setProgress(null);
    const changed = ids.length - problems.length;
    outcome.value = [`${changed} of ${ids.length} ${actions[action].done}.`, ...new Set(problems)].join(' ');
    announcer.announce(outcome.value);
    if (problems.length === 0) images.clearSelection();
  };

  if (selected.size === 0 && outcome.value === null) return null;
  return (
    <section class="bulk-bar" aria-label="Selected images">
      {outcome.value !== null && <p>{outcome.value}</p>}
      {progress ? (
        <label class="bulk-bar-progress">
          {progress.done} of {progress.all}
          <progress value={progress.done} max={progress.all} />
        </label>
      ) : selected.size > 0 ? (
        <>
          <strong>{selected.size} selected</strong>
          {session.may('IMAGES_WRITE') &&
            (Object.keys(actions) as ImageAction[]).map((action) => (
              <button
                key={action}
                type="button"
                class={action === 'delete' ? 'button danger' : 'button'}
                onClick={() => (action === 'delete' ? setIsConfirming(true) : void run(action))}
              >
                {actions[action].label}
              </button>
            ))}
          {selected.size < images.ids.value.length && (
            <button type="button" class="button" onClick={images.selectAll}>
              Select all {images.ids.value.length} that are loaded
            </button>
          )}
        </>
      ) : null}
      <button
        type="button"
        class="button quiet"
        onClick={() => {
          images.clearSelection();
          outcome.value = null;
        }}
      >
        {selected.size > 0 ? 'Clear the selection' : 'Close'}
      </button>
      {isConfirming && (
        <ConfirmDialog
          title={`Delete ${selected.size} ${selected.size === 1 ? 'image' : 'images'}?`}
          confirm="Delete permanently"
          onConfirm={() => void run('delete')}
          onCancel={() => setIsConfirming(false)}
        >
          Their public URLs stop working. This cannot be undone.
        </ConfirmDialog>
      )}
    </section>
  );
};
