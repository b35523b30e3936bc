import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

const noteMs = 2_000;

/** A text to copy. Where the browser has no clipboard for the page, which is so without HTTPS, it is selected instead. */
export const CopyField = ({ label, text }: { readonly label: string; readonly text: string }): JSX.Element => {
  const field = useRef<HTMLTextAreaElement>(null);
  const fieldId = useId();
  const [note, setNote] = useState('');
  useEffect(() => {
    if (note === '') return;
    const timer = setTimeout(() => setNote(''), noteMs);
    return () => clearTimeout(timer);
  }, [note]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setNote('Copied');
    } catch {
      field.current?.select();
      setNote('Selected: copy it with the keyboard');
    }
  };
  return (
    <div class="copy-field">
      <label for={fieldId}>{label}</label>
      <button type="button" class="button quiet" onClick={() => void copy()}>
        Copy<span class="visually-hidden"> {label}</span>
      </button>
      <textarea id={fieldId} ref={field} readOnly rows={2} spellcheck={false} value={text} />
      <span class="muted" role="status">
        {note}
      </span>
    </div>
  );
};
