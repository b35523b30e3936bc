import type { JSX } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import type { ImageDetailFragment } from '../generated/graphql.js';
import { StatusLine } from '../ui/status.js';
import { useChangeOf } from '../ui/use-following.js';
import { useMetadataUpdate } from './use-metadata-update.js';

/** An empty alternative text says that the image is decorative; a missing one, that nobody has written it yet. */
type Kind = 'missing' | 'decorative' | 'text';

const kindOf = (altText: string | null): Kind => {
  if (altText === null) return 'missing';
  return altText === '' ? 'decorative' : 'text';
};

const choices = {
  text: 'A text that says what the image shows',
  decorative: 'Decorative: screen readers skip it',
  missing: 'Not written yet',
} as const satisfies Record<Kind, string>;

interface AltTextFormProps {
  readonly image: ImageDetailFragment;
  readonly mayWrite: boolean;
  readonly onSaved: () => Promise<void>;
}

export const AltTextForm = ({ image, mayWrite, onSaved }: AltTextFormProps): JSX.Element => {
  const { session } = useConsole();
  const groupName = useId();
  const stored = image.metadata.altText;
  const [kind, setKind] = useState<Kind>(kindOf(stored));
  const [text, setText] = useState(stored ?? '');
  const { status, setStatus, save: update } = useMetadataUpdate(image, onSaved);
  const based = useRef(stored);

  const altText = { text, decorative: '', missing: null }[kind];
  const isDirty = altText !== based.current;
  const isChangedElsewhere = isDirty && stored !== based.current;
  useChangeOf(stored, () => {
    if (isDirty) return;
    based.current = stored;
    setKind(kindOf(stored));
    setText(stored ?? '');
  });

  // a button that is disabled while it has the focus would lose it
  const save = async (): Promise<void> => {
    if (altText?.trim() === '' && kind === 'text') {
      setStatus({ isProblem: true, words: 'Write a text, or choose one of the other two.' });
      return;
    }
    await update({ altText }, () => {
      based.current = altText;
    });
  };

  const embedded = image.embedded.altText ?? image.embedded.description;
  const adoptEmbedded = (): void => {
    setKind('text');
    setText(embedded ?? '');
    setStatus(null);
  };

  const maxLength = session.limits.value?.altTextLength;
  return (
    <form
      class="panel alt-text-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <fieldset disabled={!mayWrite}>
        <legend>Alternative text</legend>
        {(Object.keys(choices) as Kind[]).map((choice) => (
          <label key={choice} class="choice">
            <input type="radio" name={groupName} checked={kind === choice} onChange={() => setKind(choice)} />
            {choices[choice]}
          </label>
        ))}
        <textarea
          aria-label="Alternative text"
          dir="auto"
          rows={3}
          maxLength={maxLength}
          value={text}
          hidden={kind !== 'text'}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setStatus(null);
          }}
        />
        {mayWrite && embedded !== null && embedded !== altText && (
          <>
            <p class="alt-text-form-embedded">
              In the file: <q dir="auto">{embedded}</q>
            </p>
            <button type="button" class="button" onClick={adoptEmbedded}>
              Use as alternative text
            </button>
          </>
        )}
        {isChangedElsewhere && (
          <p class="notice">
            Meanwhile it was changed elsewhere, to{' '}
            {stored === null ? 'none' : stored === '' ? 'decorative' : <q dir="auto">{stored}</q>}. Saving replaces
            that.
          </p>
        )}
        {mayWrite && (
          <button type="submit" class="button primary">
            Save the alternative text
          </button>
        )}
      </fieldset>
      <StatusLine status={status} />
    </form>
  );
};
