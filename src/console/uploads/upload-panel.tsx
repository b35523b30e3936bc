import { Fragment, type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { hrefOfImage } from '../app/route.js';
import { formatBytes } from '../ui/format-bytes.js';
import { fractionOf, type ImagePlace, isFinished, type Upload, type UploadState } from './upload-queue.js';

/** On a telephone the list would cover everything else. */
const narrowPixels = 640;

/** All files that were given, each with its progress and its outcome. */
export const UploadPanel = (): JSX.Element | null => {
  const { uploads } = useConsole();
  const [isOpen, setIsOpen] = useState(innerWidth > narrowPixels);
  const { all, finished, refused } = uploads.counts.value;
  if (all === 0) return null;
  return (
    <section class="upload-panel" aria-label="Uploads">
      <div class="upload-panel-head">
        <label>
          {finished} of {all} files{refused > 0 && `, ${refused} refused`}
          <progress value={uploads.fraction.value} max={1} />
        </label>
        <button type="button" class="button quiet" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {isOpen ? 'Fold' : 'Unfold'}
        </button>
        {finished > 0 && (
          <button type="button" class="button quiet" onClick={uploads.clearFinished}>
            {finished === all ? 'Close' : 'Clear finished'}
          </button>
        )}
      </div>
      {isOpen && (
        <ul>
          {uploads.uploads.value.map((upload) => (
            <UploadRow key={upload.id} upload={upload} />
          ))}
        </ul>
      )}
    </section>
  );
};

const UploadRow = ({ upload }: { readonly upload: Upload }): JSX.Element => {
  const { uploads } = useConsole();
  const state = upload.state.value;
  return (
    <li data-state={state.kind}>
      <p class="upload-panel-name" dir="auto" title={upload.name}>
        {upload.name}
      </p>
      <p class="muted">{upload.source instanceof File ? formatBytes(upload.source.size) : 'From a URL'}</p>
      {!isFinished(state) && (
        <progress aria-label={`Progress of ${upload.name}`} value={fractionOf(state) ?? undefined} max={1} />
      )}
      <Outcome state={state} />
      {!isFinished(state) && (
        <button type="button" class="button quiet" onClick={() => uploads.cancel(upload)}>
          Cancel<span class="visually-hidden"> {upload.name}</span>
        </button>
      )}
      {state.kind === 'refused' && state.mayRetry && (
        <button type="button" class="button quiet" onClick={() => uploads.retry(upload)}>
          Try again<span class="visually-hidden"> {upload.name}</span>
        </button>
      )}
    </li>
  );
};

const shownSimilar = 3;

/** A warning that the account may have the image already, as another file. */
const SimilarLinks = ({ images }: { readonly images: readonly ImagePlace[] }): JSX.Element | null => {
  if (images.length === 0) return null;
  return (
    <>
      . It looks like{' '}
      {images.slice(0, shownSimilar).map((image, index) => (
        <Fragment key={image.imageId}>
          {index > 0 && ', '}
          <a href={hrefOfImage(image)}>{index === 0 ? 'this image' : `image ${index + 1}`}</a>
        </Fragment>
      ))}
      {images.length > shownSimilar && ` and ${images.length - shownSimilar} more`}
    </>
  );
};

const Outcome = ({ state }: { readonly state: UploadState }): JSX.Element => {
  switch (state.kind) {
    case 'waiting':
      return <p class="muted">Waiting</p>;
    case 'sending':
      if (state.fraction === null) return <p class="muted">The server fetches it</p>;
      return (
        <p class="muted">{state.fraction < 1 ? `${Math.round(state.fraction * 100)} %` : 'The server checks it'}</p>
      );
    case 'paused':
      return <p class="muted">{state.reason} It is tried again by itself.</p>;
    case 'uploaded':
      return (
        <p>
          <a href={hrefOfImage(state.image)}>Uploaded</a>
          {state.reenabled && ' and enabled again: the account had it, disabled'}
          <SimilarLinks images={state.similar} />
        </p>
      );
    case 'duplicate':
      return (
        <p>
          The account already has <a href={hrefOfImage(state.image)}>this image</a>
          {state.isDisabled && ', disabled'}.
        </p>
      );
    case 'refused':
      return <p class="problem">{state.message}</p>;
  }
};
