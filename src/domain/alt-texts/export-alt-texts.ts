import type { ImportDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import { type AltText, listAltTexts } from '../images/alt-texts.js';
import type { AccountId, Image } from '../images/image.js';
import type { Locale } from '../images/locale.js';
import { tableHeader, tableLine } from './alt-text-table.js';

export interface ExportSelection {
  readonly accountId: AccountId;
  /** The languages in the order of their columns; empty for those that the images have a text in, the default one first. */
  readonly locales: readonly Locale[];
  /** Only images without a text in this language. */
  readonly missing?: Locale | undefined;
}

/** One SELECT of each kind, and a few megabytes of texts at most. */
const pageSize = 200;

/** The alternative texts of an account's images as a table, in pieces: the oldest image first, and never all of them in memory. */
export const exportAltTexts = (
  dependencies: Pick<ImportDependencies, 'state' | 'defaultLocale'>,
  urlOf: (image: Image) => string,
) =>
  async function* (
    caller: Caller,
    { accountId, locales, missing }: ExportSelection,
    onImages: (count: number) => void,
  ): AsyncGenerator<string> {
    authorize(caller, 'images.read', accountId);
    const columns = locales.length > 0 ? locales : await usedLocales(dependencies, accountId);
    // by this byte order mark, spreadsheets know that it is UTF-8
    yield `\ufeff${tableHeader(columns)}`;
    for await (const page of pagesOf(dependencies, accountId)) {
      let lines = '';
      for (const { image, altTexts } of page) {
        const texts = new Map(altTexts.map(({ locale, text }) => [locale, text]));
        if (missing === undefined || !texts.has(missing)) lines += tableLine(image, urlOf(image), texts, columns);
      }
      onImages(page.length);
      if (lines) yield lines;
    }
  };

interface Listed {
  readonly image: Image;
  readonly altTexts: readonly AltText[];
}

/** Not by a filter: among millions of images, the few that meet it are found by a scan that has a time limit. */
async function* pagesOf(
  { state, defaultLocale }: Pick<ImportDependencies, 'state' | 'defaultLocale'>,
  accountId: AccountId,
): AsyncGenerator<readonly Listed[]> {
  const query = { accountId, filter: {}, order: { key: 'createdOn', direction: 'asc' } } as const;
  for (let last: Image | undefined; ; ) {
    const after = last && { value: last.createdOn, id: last.id };
    const images = await state.read.images({ ...query, after, take: 'first', skip: 0, limit: pageSize });
    const ids = images.map(({ id }) => id);
    const metadata = new Map((await state.read.metadataOf(ids)).map((each) => [each.imageId, each]));
    const translations = await state.read.translationsOf(ids);
    yield images.map((image) => ({
      image,
      altTexts: listAltTexts(
        metadata.get(image.id)?.altText ?? null,
        translations.get(image.id) ?? new Map(),
        defaultLocale,
      ),
    }));
    last = images.at(-1);
    if (images.length < pageSize) return;
  }
}

const usedLocales = async (
  dependencies: Pick<ImportDependencies, 'state' | 'defaultLocale'>,
  accountId: AccountId,
): Promise<Locale[]> => {
  const used = new Set<Locale>();
  for await (const page of pagesOf(dependencies, accountId)) {
    for (const { altTexts } of page) for (const { locale } of altTexts) used.add(locale);
  }
  used.delete(dependencies.defaultLocale);
  return [dependencies.defaultLocale, ...[...used].sort()];
};
