import type { ImportDependencies } from '../dependencies.js';
import { InvalidInputError, WriteConflictError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { listAltTexts } from '../images/alt-texts.js';
import { applyChange, merging } from '../images/change-image.js';
import type { AccountId, Image, ImageId } from '../images/image.js';
import type { Locale } from '../images/locale.js';
import { checkMetadata } from '../images/metadata.js';
import type { TableRow } from './alt-text-table.js';

interface ImportRules {
  /** Writes nothing, and reports what would be written. */
  readonly dryRun: boolean;
  /** Overwrites what was changed since the table was written. */
  readonly force: boolean;
}

/** A text that differs from what the table has. */
interface ChangedText {
  readonly locale: Locale;
  readonly before: string | null;
  readonly after: string | null;
}

/** What became of a row. */
export type RowOutcome =
  | { readonly kind: 'changed'; readonly texts: readonly ChangedText[] }
  | { readonly kind: 'unchanged' }
  /** The image was changed since the table was written, or while it was read. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'refused'; readonly reason: string };

type Dependencies = Pick<ImportDependencies, 'state' | 'limits' | 'defaultLocale' | 'now'>;

/**
 * Sets the alternative texts of an account's images as the rows of a table have them, each row in a transaction of its own. Languages
 * without a column stay, and what is so already is not written. One row that cannot be applied does not stop the others.
 */
export const importAltTexts =
  (dependencies: Dependencies) =>
  async (
    caller: Caller,
    accountId: AccountId,
    rows: readonly TableRow[],
    rules: ImportRules,
  ): Promise<readonly RowOutcome[]> => {
    authorize(caller, 'images.write', accountId);
    const planned = await planRows(dependencies, accountId, rows, rules);
    const outcomes: RowOutcome[] = [];
    for (const { row, image, outcome } of planned) {
      outcomes.push(
        image && outcome.kind === 'changed' && !rules.dryRun ? await write(dependencies, row, image, outcome) : outcome,
      );
    }
    return outcomes;
  };

interface PlannedRow {
  readonly row: TableRow;
  readonly image?: Image;
  readonly outcome: RowOutcome;
}

/** Three SELECTs, however many rows. */
const planRows = async (
  dependencies: Dependencies,
  accountId: AccountId,
  rows: readonly TableRow[],
  { force }: ImportRules,
): Promise<readonly PlannedRow[]> => {
  const { read } = dependencies.state;
  const ids = rows.map(({ id }) => id);
  const images = new Map((await read.imagesById(ids)).map((image) => [image.id, image]));
  const present = await presentTexts(dependencies, ids);
  return rows.map((row): PlannedRow => {
    const image = images.get(row.id);
    if (image?.accountId !== accountId) {
      return { row, outcome: { kind: 'refused', reason: `No image of the account has the id ${row.id}.` } };
    }
    const texts = present.get(row.id) ?? new Map<Locale, string>();
    const changed = [...row.texts].flatMap(([locale, after]): ChangedText[] => {
      const before = texts.get(locale) ?? null;
      return before === after ? [] : [{ locale, before, after }];
    });
    if (changed.length === 0) return { row, outcome: { kind: 'unchanged' } };
    const isStale = row.revision !== null && row.revision !== image.metadataRevision;
    if (isStale && !force) return { row, outcome: conflict };
    const reason = refusalOf(dependencies, texts, changed);
    return {
      row,
      image,
      outcome: reason === undefined ? { kind: 'changed', texts: changed } : { kind: 'refused', reason },
    };
  });
};

const presentTexts = async (
  { state, defaultLocale }: Dependencies,
  ids: readonly ImageId[],
): Promise<ReadonlyMap<ImageId, ReadonlyMap<Locale, string>>> => {
  const translations = await state.read.translationsOf(ids);
  const metadata = await state.read.metadataOf(ids);
  return new Map(
    metadata.map(({ imageId, altText }) => {
      const texts = listAltTexts(altText, translations.get(imageId) ?? new Map(), defaultLocale);
      return [imageId, new Map(texts.map(({ locale, text }) => [locale, text]))];
    }),
  );
};

const changeOf = (rules: Dependencies, texts: readonly ChangedText[]) =>
  merging(
    checkMetadata({ altTexts: texts.map(({ locale, after }) => ({ locale, text: after })) }, rules),
    rules.limits,
  );

/** Why a change would be refused, so that a dry run reports it too. */
const refusalOf = (
  dependencies: Dependencies,
  present: ReadonlyMap<Locale, string>,
  texts: readonly ChangedText[],
): string | undefined => {
  try {
    const others = [...present].filter(([locale]) => locale !== dependencies.defaultLocale);
    changeOf(dependencies, texts).translate?.(new Map(others));
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    // the row has columns, and no such list
    const reasons = error.issues.map(({ path: [, , index], message }) => {
      const text = texts[Number(index)];
      return text ? `${text.locale}: ${message}` : message;
    });
    return reasons.join(' ');
  }
};

const write = async (
  dependencies: Dependencies,
  { id }: TableRow,
  planned: Image,
  outcome: RowOutcome & { readonly kind: 'changed' },
): Promise<RowOutcome> =>
  dependencies.state
    .write(async (writer): Promise<RowOutcome> => {
      const image = await writer.image(id);
      if (image?.metadataRevision !== planned.metadataRevision) return conflict;
      const change = changeOf(dependencies, outcome.texts);
      await applyChange(writer, image, { accepted: undefined, ...change }, dependencies.now());
      return outcome;
    }, `image:${id}`)
    .catch((error: unknown) => {
      if (error instanceof WriteConflictError) return conflict;
      throw error;
    });

const conflict: RowOutcome = { kind: 'conflict' };
