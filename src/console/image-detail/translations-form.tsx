import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useConsole } from '../app/context.js';
import type { ImageDetailFragment } from '../generated/graphql.js';
import { canonicalTag, nameOfLanguage } from '../ui/language.js';
import { StatusLine } from '../ui/status.js';
import { useMetadataUpdate } from './use-metadata-update.js';

interface TranslationsFormProps {
  readonly image: ImageDetailFragment;
  readonly mayWrite: boolean;
  readonly onSaved: () => Promise<void>;
}

/** The alternative texts in other languages than the default one. What is not edited follows the server. */
export const TranslationsForm = ({ image, mayWrite, onSaved }: TranslationsFormProps): JSX.Element => {
  const { session } = useConsole();
  // null removes a text
  const [draft, setDraft] = useState<ReadonlyMap<string, string | null>>(new Map());
  const [tag, setTag] = useState('');
  const { status, setStatus, save } = useMetadataUpdate(image, onSaved);
  const defaultLocale = session.defaultLocale.value;
  const stored = image.metadata.altTexts
    .filter(({ locale }) => locale !== defaultLocale)
    .map(({ locale, text }): [string, string | null] => [locale, text]);
  const texts = [...new Map([...stored, ...draft])].filter(([, text]) => text !== null).sort();

  const edit = (locale: string, text: string | null): void => {
    setDraft(new Map([...draft, [locale, text]]));
    setStatus(null);
  };

  const add = (): void => {
    const locale = canonicalTag(tag);
    if (locale === null) {
      setStatus({ isProblem: true, words: 'A language is a tag such as de, pt-BR or zh-Hant.' });
    } else if (locale === defaultLocale || texts.some(([known]) => known === locale)) {
      setStatus({ isProblem: true, words: `There is a text in ${nameOfLanguage(locale)} already.` });
    } else {
      edit(locale, '');
      setTag('');
    }
  };

  return (
    <section class="panel translations-form">
      <h3>Other languages</h3>
      {texts.length === 0 && <p class="muted">No texts in languages other than {nameOfLanguage(defaultLocale)}.</p>}
      <form
        class="translations-form-texts"
        onSubmit={(event) => {
          event.preventDefault();
          const altTexts = [...draft].map(([locale, text]) => ({ locale, text }));
          void save({ altTexts }, () => setDraft(new Map()));
        }}
      >
        <fieldset disabled={!mayWrite} aria-label="Texts in other languages">
          {texts.map(([locale, text]) => (
            <div key={locale} class="translations-form-text">
              <label class="field">
                {nameOfLanguage(locale)}
                <textarea
                  lang={locale}
                  dir="auto"
                  rows={2}
                  maxLength={session.limits.value?.altTextLength}
                  placeholder="Decorative: screen readers skip it"
                  value={text ?? ''}
                  onInput={(event) => edit(locale, event.currentTarget.value)}
                />
              </label>
              {mayWrite && (
                <button type="button" class="button quiet" onClick={() => edit(locale, null)}>
                  Remove {nameOfLanguage(locale)}
                </button>
              )}
            </div>
          ))}
          {draft.size > 0 && (
            <button type="submit" class="button primary">
              Save the languages
            </button>
          )}
        </fieldset>
      </form>
      {mayWrite && (
        <form
          class="translations-form-add"
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <label class="field">
            Language tag, such as de or pt-BR
            <input
              value={tag}
              maxLength={35}
              spellcheck={false}
              autocomplete="off"
              onInput={(event) => setTag(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="button">
            Add a language
          </button>
        </form>
      )}
      <StatusLine status={status} />
    </section>
  );
};
