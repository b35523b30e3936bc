import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Dialog } from './dialog.js';

interface ConfirmDialogProps {
  readonly title: string;
  readonly confirm: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  readonly children: ComponentChildren;
}

/** Asks before something that cannot be undone. */
export const ConfirmDialog = ({ title, confirm, onConfirm, onCancel, children }: ConfirmDialogProps): JSX.Element => {
  const titleId = useId();
  return (
    <Dialog class="confirm-dialog" labelledBy={titleId} onClose={onCancel}>
      <h2 id={titleId}>{title}</h2>
      <p>{children}</p>
      <div class="buttons">
        <button type="button" class="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="button" class="button danger" onClick={onConfirm}>
          {confirm}
        </button>
      </div>
    </Dialog>
  );
};
