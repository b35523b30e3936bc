import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { Dialog } from '../ui/dialog.js';

interface UrlDialogProps {
  readonly accountId: string;
  readonly onClose: () => void;
}

/** Asks for the URL of an image that the server is to fetch. What becomes of it is shown with the other uploads. */
export const UrlDialog = ({ accountId, onClose }: UrlDialogProps): JSX.Element => {
  const { uploads } = useConsole();
  const titleId = useId();
  const [url, setUrl] = useState('');
  return (
    <Dialog class="url-dialog" labelledBy={titleId} onClose={onClose}>
      <h2 id={titleId}>Upload from a URL</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          uploads.addUrl(url.trim(), accountId);
          onClose();
        }}
      >
        <label class="field">
          URL of an image
          <input
            type="url"
            required
            placeholder="https://"
            value={url}
            onInput={({ currentTarget }) => setUrl(currentTarget.value)}
          />
        </label>
        <p class="muted">The server fetches the file. Its host must be on the public Internet.</p>
        <div class="buttons">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary">
            Upload
          </button>
        </div>
      </form>
    </Dialog>
  );
};
