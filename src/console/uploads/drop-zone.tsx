import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import { route } from '../app/route.js';
import { acceptedTypes } from '../images/file-types.js';
import { UrlDialog } from './url-dialog.js';

/** A button for files, and the whole window for dropped and pasted ones. */
export const DropZone = ({ accountId }: { readonly accountId: string }): JSX.Element | null => {
  const { session, uploads } = useConsole();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const [asksForUrl, setAsksForUrl] = useState(false);
  const mayUpload = session.may('IMAGES_WRITE');
  const fetchesUrls = (session.limits.value?.urlFetches ?? 0) > 0;

  useEffect(() => {
    // an opened image is above the list; a file that is dropped on it must not replace the page either way
    const isOpen = (): boolean => {
      const here = route.peek();
      return mayUpload && here.page === 'images' && here.imageId === null;
    };
    const add = (files: FileList | undefined): void => {
      if (files && files.length > 0 && isOpen()) uploads.add([...files], accountId);
    };
    const onDragOver = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = isOpen() ? 'copy' : 'none';
      setIsOver(isOpen());
    };
    const onDragLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const onDrop = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setIsOver(false);
      add(event.dataTransfer.files);
    };
    const onPaste = (event: ClipboardEvent): void => add(event.clipboardData?.files);
    const listeners = { dragover: onDragOver, dragleave: onDragLeave, drop: onDrop, paste: onPaste };
    for (const [type, listener] of Object.entries(listeners)) addEventListener(type, listener as EventListener);
    return () => {
      for (const [type, listener] of Object.entries(listeners)) removeEventListener(type, listener as EventListener);
    };
  }, [accountId, mayUpload]);

  if (!mayUpload) return null;
  return (
    <div class="drop-zone">
      <button type="button" class="button primary" onClick={() => input.current?.click()}>
        Upload images
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={acceptedTypes}
        aria-label="Files to upload"
        onChange={({ currentTarget }) => {
          uploads.add([...(currentTarget.files ?? [])], accountId);
          currentTarget.value = '';
        }}
      />
      {fetchesUrls && (
        <button type="button" class="button" onClick={() => setAsksForUrl(true)}>
          From a URL
        </button>
      )}
      <label class="drop-zone-choice">
        <input
          type="checkbox"
          checked={uploads.adoptsAltTexts.value}
          onChange={({ currentTarget }) => {
            uploads.adoptsAltTexts.value = currentTarget.checked;
          }}
        />
        Use alternative texts from the files
      </label>
      {asksForUrl && <UrlDialog accountId={accountId} onClose={() => setAsksForUrl(false)} />}
      {isOver && (
        <div class="drop-zone-over" aria-hidden="true">
          Drop the images to upload them
        </div>
      )}
    </div>
  );
};
