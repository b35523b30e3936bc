import { InvalidInputError } from '../errors.js';
import { asImageId, type Image, type ImageId } from '../images/image.js';
import { asLocale, type Locale } from '../images/locale.js';
import type { Limits } from '../limits.js';
import { cellOfText, csvLine, textOfCell } from './csv-cells.js';

/** The columns before those of the languages. Only `imageId` is needed to read a table; `revision` finds changes since it was written. */
const imageColumns = ['imageId', 'publicId', 'fileName', 'url', 'revision'] as const;
type ImageColumn = (typeof imageColumns)[number];

const isImageColumn = (name: string): name is ImageColumn => imageColumns.some((known) => known === name);

/** Which column of a table has what. */
export interface TableColumns {
  readonly of: ReadonlyMap<ImageColumn, number>;
  readonly locales: ReadonlyMap<Locale, number>;
}

export const tableHeader = (locales: readonly Locale[]): string => csvLine([...imageColumns, ...locales]);

export const tableLine = (
  { id, publicId, fileName, metadataRevision }: Image,
  url: string,
  texts: ReadonlyMap<Locale, string | null>,
  locales: readonly Locale[],
): string => {
  const cells = locales.map((locale) => cellOfText(texts.get(locale)));
  return csvLine([id, publicId, cellOfText(fileName), url, String(metadataRevision), ...cells]);
};

/** @throws {InvalidInputError} that names the column that is not understood. */
export const readHeader = (cells: readonly string[], { localeLength, altTextLocales }: Limits): TableColumns => {
  const of = new Map<ImageColumn, number>();
  const locales = new Map<Locale, number>();
  for (const [index, cell] of cells.entries()) {
    const name = cell.trim();
    const locale = isImageColumn(name) ? undefined : asLocale(name, localeLength);
    if (isImageColumn(name) ? of.has(name) : locale && locales.has(locale)) {
      throw invalid(`The column ${name} is there twice.`);
    }
    if (isImageColumn(name)) of.set(name, index);
    else if (locale) locales.set(locale, index);
    else {
      const accepted = `Columns are ${imageColumns.join(', ')}, and language tags of BCP 47 such as en or pt-BR.`;
      throw invalid(`Column ${index + 1}, ${JSON.stringify(name.slice(0, 40))}, is not understood. ${accepted}`);
    }
  }
  if (!of.has('imageId')) throw invalid('The column imageId is missing.');
  if (locales.size === 0) throw invalid('There is no column of a language.');
  if (locales.size > altTextLocales + 1) throw invalid(`Accepts at most ${altTextLocales + 1} languages.`);
  return { of, locales };
};

/** What a row says of an image. */
export interface TableRow {
  readonly id: ImageId;
  /** The `metadataRevision` of the image when the table was written; null if the table does not say. */
  readonly revision: number | null;
  /** The text in each language that has a column; null for an empty cell. */
  readonly texts: ReadonlyMap<Locale, string | null>;
}

/** @throws {InvalidInputError} */
export const readRow = (cells: readonly string[], { of, locales }: TableColumns): TableRow => {
  const cellOf = (name: ImageColumn): string => cells[of.get(name) ?? -1]?.trim() ?? '';
  const last = Math.max(...of.values(), ...locales.values());
  if (cells.length <= last) throw invalid(`Has ${cells.length} of ${last + 1} cells.`);
  const id = asImageId(cellOf('imageId'));
  if (!id) throw invalid(`imageId is ${JSON.stringify(cellOf('imageId').slice(0, 40))}, which is no UUID.`);
  const revision = cellOf('revision');
  if (!/^\d{0,9}$/.test(revision)) throw invalid(`revision is ${JSON.stringify(revision.slice(0, 40))}, not a number.`);
  const texts = [...locales].map(([locale, index]) => [locale, textOfCell(cells[index] ?? '')] as const);
  return { id, revision: revision === '' ? null : Number(revision), texts: new Map(texts) };
};

const invalid = (message: string): InvalidInputError => InvalidInputError.at([], message);
