import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import type { ImageOrder } from '../generated/graphql.js';
import { Choice } from '../ui/choice.js';
import { canonicalTag } from '../ui/language.js';
import { useFollowing } from '../ui/use-following.js';
import { typeNames } from './file-types.js';
import { type ImageQuery, orders } from './image-query.js';

/** A query is sent when somebody has stopped typing. */
const typingPauseMs = 300;

interface ToolbarProps {
  readonly query: ImageQuery;
  /** What is not named stays as it is at the time of the change. */
  readonly onQuery: (change: Partial<ImageQuery>) => void;
  /** Opens the alternative texts as a file. */
  readonly onTable: () => void;
  readonly view: 'grid' | 'table';
  readonly onView: (view: 'grid' | 'table') => void;
}

export const Toolbar = ({ query, onQuery, onTable, view, onView }: ToolbarProps): JSX.Element => {
  const { images } = useConsole();
  const [text, setText] = useFollowing(query.text);
  useEffect(() => {
    if (text === query.text) return;
    const timer = setTimeout(() => onQuery({ text }), typingPauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  const [missingIn, setMissingIn] = useFollowing(query.missingIn);
  const applyMissingIn = (): void => {
    const tag = missingIn.trim() === '' ? '' : canonicalTag(missingIn);
    if (tag !== null && tag !== query.missingIn) onQuery({ missingIn: tag });
  };
  const isMissing = query.altText === 'missing';
  return (
    <search class="toolbar">
      <button
        type="button"
        class="button"
        aria-pressed={isMissing}
        onClick={() => onQuery({ altText: isMissing ? 'any' : 'missing' })}
      >
        Alternative text missing
      </button>
      <button type="button" class="button" onClick={onTable}>
        CSV…
      </button>
      <label class="field">
        Search the alternative texts
        <input type="search" dir="auto" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <Choice
        label="State"
        value={query.state}
        choices={{ any: 'Enabled and disabled', enabled: 'Enabled', disabled: 'Disabled' }}
        onChoice={(state) => onQuery({ state })}
      />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          applyMissingIn();
        }}
      >
        <label class="field">
          No text in language
          <input
            class="toolbar-language"
            value={missingIn}
            placeholder="de"
            maxLength={35}
            spellcheck={false}
            autocomplete="off"
            aria-invalid={missingIn.trim() !== '' && canonicalTag(missingIn) === null}
            onInput={(event) => setMissingIn(event.currentTarget.value)}
            onChange={applyMissingIn}
          />
        </label>
      </form>
      <Choice
        label="Type"
        value={query.mimeType}
        choices={{ '': 'All types', ...typeNames }}
        onChoice={(mimeType) => onQuery({ mimeType })}
      />
      <div class="toolbar-list">
        <Choice
          label="Order"
          value={query.order}
          choices={orders}
          onChoice={(order: ImageOrder) => onQuery({ order })}
        />
        <Choice label="View" value={view} choices={{ grid: 'Grid', table: 'Table' }} onChoice={onView} />
        <p class="toolbar-total muted" role="status">
          {images.total.value !== null &&
            `${images.total.value.toLocaleString('en')} ${images.total.value === 1 ? 'image' : 'images'}`}
          {images.isLive.value ? <span class="live"> · live</span> : ' · not live'}
        </p>
      </div>
    </search>
  );
};
