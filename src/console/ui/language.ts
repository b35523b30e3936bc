const names = new Intl.DisplayNames('en', { type: 'language' });

/** The form in which the server keeps a tag; null for text that is none. */
export const canonicalTag = (text: string): string | null => {
  try {
    const [tag = null] = Intl.getCanonicalLocales(text.trim());
    return tag !== null && /^[a-z]{2,3}(?:-|$)/.test(tag) ? tag : null;
  } catch {
    return null;
  }
};

/** Such as `German (de)`. */
export const nameOfLanguage = (tag: string): string => `${names.of(tag) ?? tag} (${tag})`;
