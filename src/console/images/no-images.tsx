import type { JSX } from 'preact';
import { useConsole } from '../app/context.js';

/** What to do where there is nothing to see. */
export const NoImages = ({
  isFiltered,
  onShowAll,
}: {
  readonly isFiltered: boolean;
  readonly onShowAll: () => void;
}): JSX.Element => {
  const { session } = useConsole();
  if (isFiltered) {
    return (
      <div class="no-images">
        <h2>No image matches</h2>
        <button type="button" class="button" onClick={onShowAll}>
          Show all images
        </button>
      </div>
    );
  }
  return (
    <div class="no-images">
      <h2>This account has no images yet</h2>
      {session.may('IMAGES_WRITE') ? (
        <>
          <p>Drop an image anywhere on this page, paste one, or choose files with the button above.</p>
          <p class="muted">
            Then open it to write its alternative text, set its focal point and copy its URL in any size. To start with
            sample images, run <code>npm run demo</code>.
          </p>
        </>
      ) : (
        <p class="muted">The key may not upload. It needs the scope images.write.</p>
      )}
    </div>
  );
};
