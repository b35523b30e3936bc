import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { localUrl } from '../api/local-url.js';
import { sendFile } from '../api/send-file.js';
import { useConsole } from '../app/context.js';
import { messageOf } from '../app/session.js';
import { type ImageDetailFragment, ReplaceImageDocument } from '../generated/graphql.js';
import { acceptedTypes } from '../images/file-types.js';
import { sizeOf } from '../images/image-words.js';
import { formatBytes } from '../ui/format-bytes.js';
import { type Status, StatusLine } from '../ui/status.js';

interface ReplaceFileProps {
  readonly image: ImageDetailFragment;
  readonly onReplaced: () => Promise<void>;
}

/** Shows the chosen file next to the current one before it replaces it. */
export const ReplaceFile = ({ image, onReplaced }: ReplaceFileProps): JSX.Element => {
  const { session, images } = useConsole();
  const input = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<{ readonly file: File; readonly url: string } | null>(null);
  const [sent, setSent] = useState<number | null>(null);
  const [status, setStatus] = useState<Status | null>(null);
  useEffect(() => () => URL.revokeObjectURL(chosen?.url ?? ''), [chosen]);

  const replace = async (file: File): Promise<void> => {
    setSent(0);
    try {
      const { replaceImage } = await sendFile(ReplaceImageDocument, { input: { id: image.id, file: null } }, file, {
        headers: session.headers(),
        signal: new AbortController().signal,
        onProgress: setSent,
      });
      if (replaceImage?.__typename !== 'ReplaceImagePayload') {
        setStatus({ isProblem: true, words: replaceImage?.message ?? 'The server responded without a result.' });
      } else {
        images.store(replaceImage.image);
        setChosen(null);
        setStatus({ isProblem: false, words: 'Replaced. The image keeps its URL.' });
        await onReplaced();
      }
    } catch (error) {
      setStatus({ isProblem: true, words: messageOf(error) });
    }
    setSent(null);
  };

  return (
    <section class="panel replace-file">
      <h3>File</h3>
      <input
        ref={input}
        type="file"
        hidden
        accept={acceptedTypes}
        aria-label="New file"
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          currentTarget.value = '';
          setStatus(null);
          if (file) setChosen({ file, url: URL.createObjectURL(file) });
        }}
      />
      {chosen ? (
        <>
          <div class="replace-file-pair">
            <figure>
              <img src={localUrl(image.thumbnail)} alt="The current file" />
              <figcaption>
                Before: {sizeOf(image)}, {formatBytes(image.byteSize)}
              </figcaption>
            </figure>
            <figure>
              <img src={chosen.url} alt="The new file" />
              <figcaption>
                After: <span dir="auto">{chosen.file.name}</span>, {formatBytes(chosen.file.size)}
              </figcaption>
            </figure>
          </div>
          {sent !== null && <progress aria-label="Progress of the new file" value={sent} max={1} />}
          <div class="buttons">
            <button
              type="button"
              class="button primary"
              disabled={sent !== null}
              onClick={() => void replace(chosen.file)}
            >
              Replace the file
            </button>
            <button type="button" class="button" disabled={sent !== null} onClick={() => setChosen(null)}>
              Keep the current one
            </button>
          </div>
        </>
      ) : (
        <button type="button" class="button" onClick={() => input.current?.click()}>
          Replace the file…
        </button>
      )}
      <StatusLine status={status} />
    </section>
  );
};
