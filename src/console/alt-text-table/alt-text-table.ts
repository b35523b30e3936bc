import { messageOf, type Session } from '../app/session.js';
import {
  AltTextsDocument,
  type AltTextsQuery,
  CurrentAltTextsDocument,
  type ImageFilter,
  UpdateImagesDocument,
} from '../generated/graphql.js';
import type { ImageList } from '../images/image-list.js';
import { canonicalTag } from '../ui/language.js';
import { cellOfText, csvLine, parseCsv, textOfCell } from './csv.js';

type ListedImage = NonNullable<AltTextsQuery['images']>['nodes'][number];
type Texts = ReadonlyMap<string, string>;
type OnProgress = (done: number) => void;

/** All texts of so many images fit into what a document may cost. */
const pageSize = 80;
const updatesAtOnce = 20;

const columns = ['imageId', 'publicId', 'fileName', 'url', 'revision'];

const textsOf = ({ metadata }: Pick<ListedImage, 'metadata'>): Texts =>
  new Map(metadata.altTexts.map(({ locale, text }) => [locale, text]));

/** The images of an account with their texts, the oldest first. */
export const readImages = async (
  session: Session,
  accountId: string,
  filter: ImageFilter,
  onProgress: OnProgress,
): Promise<ListedImage[]> => {
  const found: ListedImage[] = [];
  for (let after: string | null = null; ; ) {
    const { images }: AltTextsQuery = await session.run(AltTextsDocument, {
      accountId,
      first: pageSize,
      after,
      filter,
    });
    found.push(...(images?.nodes ?? []));
    onProgress(found.length);
    if (!images?.pageInfo.hasNextPage) return found;
    after = images.pageInfo.endCursor;
  }
};

/** A column for the default language, and for each other that a text is in. */
export const tableOf = (images: readonly ListedImage[], defaultLocale: string): string => {
  const used = new Set(images.flatMap(({ metadata }) => metadata.altTexts.map(({ locale }) => locale)));
  used.delete(defaultLocale);
  const locales = [defaultLocale, ...[...used].sort()];
  const lines = images.map((image) => {
    const texts = textsOf(image);
    const cells = locales.map((locale) => cellOfText(texts.get(locale)));
    return csvLine([image.imageId, image.publicId, cellOfText(image.fileName), image.link, '', ...cells]);
  });
  // by the byte order mark, spreadsheets know that it is UTF-8
  return ['\ufeff', csvLine([...columns, ...locales]), ...lines].join('');
};

interface ChangedText {
  readonly locale: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface ImageChange {
  readonly line: number;
  readonly image: ListedImage;
  readonly texts: readonly ChangedText[];
}

export interface Plan {
  readonly changes: readonly ImageChange[];
  readonly unchanged: number;
  /** What is wrong with each row that cannot be applied. */
  readonly problems: readonly string[];
}

/**
 * What a table would change of the images. Languages without a column stay.
 * @throws {Error} that says what is wrong with the table.
 */
export const planChanges = (csv: string, images: readonly ListedImage[], maxLength: number): Plan => {
  const [header, ...rows] = parseCsv(csv.replace(/^\ufeff/, ''));
  const { idColumn, locales } = readHeader(header?.cells ?? []);
  const known = new Map(images.map((image) => [image.imageId, image]));
  const changes: ImageChange[] = [];
  const problems: string[] = [];
  let unchanged = 0;
  for (const { line, cells } of rows) {
    const id = cells[idColumn]?.trim().toLowerCase() ?? '';
    const image = known.get(id);
    if (!image || cells.length < (header?.cells.length ?? 0)) {
      problems.push(
        `Line ${line}: ${image ? 'cells are missing' : `no image of the account has the id ${id.slice(0, 40)}`}.`,
      );
      continue;
    }
    // a second row of the image is a mistake too
    known.delete(id);
    const texts = textsOf(image);
    const changed = locales.flatMap(([locale, index]): ChangedText[] => {
      const before = texts.get(locale) ?? null;
      const after = textOfCell(cells[index] ?? '');
      return before === after ? [] : [{ locale, before, after }];
    });
    const long = changed.find(({ after }) => [...(after ?? '')].length > maxLength);
    if (long) problems.push(`Line ${line}: the text in ${long.locale} has more than ${maxLength} characters.`);
    else if (changed.length > 0) changes.push({ line, image, texts: changed });
    else unchanged += 1;
  }
  return { changes, unchanged, problems };
};

const readHeader = (names: readonly string[]): { idColumn: number; locales: [string, number][] } => {
  const locales = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    if (columns.includes(name.trim())) continue;
    const locale = canonicalTag(name);
    if (locale === null)
      throw new Error(`Column ${index + 1}, "${name.slice(0, 40)}", is not understood: no language tag.`);
    if (locales.has(locale)) throw new Error(`The column ${locale} is there twice.`);
    locales.set(locale, index);
  }
  const idColumn = names.findIndex((name) => name.trim() === 'imageId');
  if (idColumn < 0 || locales.size === 0) throw new Error('The file needs the column imageId and one for a language.');
  return { idColumn, locales: [...locales] };
};

/** Applies the changes, a few at a time, and returns what went wrong with each that was not. What changed meanwhile stays. */
export const applyChanges = async (
  { session, images }: { session: Session; images: ImageList },
  changes: readonly ImageChange[],
  onProgress: OnProgress,
): Promise<string[]> => {
  const problems: string[] = [];
  for (let start = 0; start < changes.length; start += updatesAtOnce) {
    const some = changes.slice(start, start + updatesAtOnce);
    try {
      const { nodes } = await session.run(CurrentAltTextsDocument, { ids: some.map(({ image }) => image.id) });
      const fresh = some.filter(({ line, texts }, index) => {
        const metadata = nodes?.[index]?.metadata;
        const current: Texts = metadata ? textsOf({ metadata }) : new Map();
        const isSame = texts.every(({ locale, before }) => (current.get(locale) ?? null) === before);
        if (!isSame) problems.push(`Line ${line}: the image was changed meanwhile, and keeps that.`);
        return isSame;
      });
      const items = fresh.map(({ image, texts }) => ({
        id: image.id,
        metadata: { altTexts: texts.map(({ locale, after }) => ({ locale, text: after })) },
      }));
      if (items.length === 0) continue;
      const { updateImages: results } = await session.run(UpdateImagesDocument, { input: { images: items } });
      for (const [index, { line }] of fresh.entries()) {
        // a refusal of all of them is one result
        const result = results?.[index] ?? results?.at(-1);
        if (result && 'image' in result) images.store(result.image);
        else problems.push(`Line ${line}: ${result?.message ?? 'The server responded without a result.'}`);
      }
    } catch (error) {
      problems.push(...some.map(({ line }) => `Line ${line}: ${messageOf(error)}`));
    }
    onProgress(start + some.length);
  }
  return problems;
};
