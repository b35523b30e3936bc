import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import type { Config } from '../config.js';
import { readHeader, readRow, type TableColumns, type TableRow } from '../domain/alt-texts/alt-text-table.js';
import { exportAltTexts } from '../domain/alt-texts/export-alt-texts.js';
import { importAltTexts, type RowOutcome } from '../domain/alt-texts/import-alt-texts.js';
import { DomainError } from '../domain/errors.js';
import { openCaller } from '../domain/identity/caller.js';
import { type AccountId, asAccountId } from '../domain/images/image.js';
import { asLocale, type Locale } from '../domain/images/locale.js';
import { defaultLimits } from '../domain/limits.js';
import { StartRefusedError } from '../state/start-refused-error.js';
import type { OpenState } from '../state/state.js';
import { Progress } from './progress.js';
import { parseCommandLine, printLine, runTool, UsageError } from './run-tool.js';
import { openDatabase, readConfig, requireDatabase } from './tool-database.js';

const usage = `Writes the alternative texts of an account's images as a CSV file, and sets them from one. The server may be running.

  npm run -s alt-text -- export --account <uuid> [--locale <tag> ...] [--missing <tag>] > texts.csv
  npm run -s alt-text -- import texts.csv --account <uuid> [--dry-run] [--force]

export writes a column for each --locale, or for each language that the images have a text in. --missing: only images without a text in
that language.
import sets the texts of the languages that have a column. An empty cell removes the text, [decorative] says that the image is purely
decorative. An image that was changed since the export is reported and not changed, unless --force is given. --dry-run only shows what
would change. The file may be - for the standard input. Exit code 1: some rows were not applied.

DATA_DIR and DATABASE_URL say which server's images, in the environment or in a .env file, as they do for the server.
`;

type Command = (config: Config, state: OpenState) => Promise<void>;

const parseCommand = (args: string[]): Command => {
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseCommandLine({
    args,
    allowPositionals: true,
    options: {
      ...{ account: { type: 'string' }, locale: { type: 'string', multiple: true }, missing: { type: 'string' } },
      ...{ 'dry-run': flag, force: flag },
    },
  });
  const [name, file, ...rest] = positionals;
  const { locale = [], missing, 'dry-run': dryRun, force } = values;
  const isExport = name === 'export' && file === undefined && !dryRun && !force;
  const isImport = name === 'import' && file !== undefined && locale.length === 0 && missing === undefined;
  if (rest.length > 0 || !(isExport || isImport)) {
    throw new UsageError(name ? `Not understood: ${args.join(' ')}` : 'Say what to do.');
  }
  const accountId = asAccountId(values.account ?? '');
  if (!accountId) throw new UsageError('--account must be the UUID of an account.');
  if (isImport) return (config, state) => importFile(config, state, { accountId, file, dryRun, force });
  const locales = [...new Set(locale.map((tag) => localeOf('--locale', tag)))];
  const selection = { accountId, locales, missing: missing === undefined ? undefined : localeOf('--missing', missing) };
  return (config, state) => exportTo(process.stdout, config, state, selection);
};

const localeOf = (option: string, text: string): Locale => {
  const locale = asLocale(text, defaultLimits.localeLength);
  if (!locale) throw new UsageError(`${option} must be a language tag of BCP 47, such as en or pt-BR.`);
  return locale;
};

const exportTo = async (
  output: NodeJS.WritableStream,
  { publicUrl, host, port, defaultLocale }: Config,
  state: OpenState,
  selection: { accountId: AccountId; locales: readonly Locale[]; missing: Locale | undefined },
): Promise<void> => {
  const baseUrl = publicUrl ?? `http://${host}:${port}`;
  const write = exportAltTexts({ state, defaultLocale }, ({ publicId }) => `${baseUrl}/images/${publicId}`);
  const progress = new Progress(null, 'images', process.stderr);
  const pieces = write(openCaller, selection, (count) => progress.step(count));
  try {
    await pipeline(Readable.from(pieces), output, { end: false });
  } catch (error) {
    // the reader has seen enough, as `head` does
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  } finally {
    progress.clear();
  }
};

interface ImportOptions {
  readonly accountId: AccountId;
  readonly file: string;
  readonly dryRun: boolean;
  readonly force: boolean;
}

/** Rows that are looked up at once. */
const batchSize = 100;

interface ReadRow {
  readonly line: number;
  readonly row: TableRow;
}

const importFile = async (
  { limits, defaultLocale }: Config,
  state: OpenState,
  { accountId, file, ...rules }: ImportOptions,
): Promise<void> => {
  const apply = importAltTexts({ state, limits, defaultLocale, now: () => new Date() });
  const progress = new Progress(null, 'rows', process.stderr);
  const report = new Report(rules.dryRun, () => progress.clear());
  const applyBatch = async (batch: readonly ReadRow[]): Promise<void> => {
    const outcomes = await apply(
      openCaller,
      accountId,
      batch.map(({ row }) => row),
      rules,
    );
    for (const [index, outcome] of outcomes.entries()) report.add(batch[index] as ReadRow, outcome);
    progress.step(batch.length);
  };
  let columns: TableColumns | undefined;
  let batch: ReadRow[] = [];
  for await (const { record, line } of recordsOf(file, limits.jsonBytes)) {
    try {
      if (!columns) columns = readHeader(record, limits);
      else batch.push({ line, row: readRow(record, columns) });
    } catch (error) {
      if (!(error instanceof DomainError) || !columns) throw error;
      report.refuse(line, error.message);
    }
    if (batch.length < batchSize) continue;
    await applyBatch(batch);
    batch = [];
  }
  await applyBatch(batch);
  report.finish();
};

interface CsvRecord {
  readonly record: readonly string[];
  readonly line: number;
}

/** @param maxLength What one record may have, so that a quote without its end does not take the rest of the file into memory. */
async function* recordsOf(file: string, maxLength: number): AsyncGenerator<CsvRecord> {
  const pieces = decoded(file === '-' ? process.stdin : createReadStream(file));
  const first = (await pieces.next()).value ?? '';
  const parser = parse({
    delimiter: delimiterOf(first),
    info: true,
    max_record_size: maxLength,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  const whole = async function* () {
    yield first;
    yield* pieces;
  };
  const reading = pipeline(Readable.from(whole()), parser);
  // it reaches the loop
  reading.catch(() => undefined);
  try {
    for await (const { record, info } of parser) yield { record, line: info.lines };
  } catch (error) {
    throw error instanceof CsvError ? new StartRefusedError(`${file} is no CSV file: ${error.message}.`) : error;
  }
}

/** Spreadsheets may save in another encoding, in which texts would be damaged without a notice. */
async function* decoded(source: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined> {
  // it leaves out a byte order mark
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of source) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new StartRefusedError('The file is not in UTF-8. Save it as "CSV UTF-8".');
    throw new StartRefusedError(`The file cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** A spreadsheet separates cells by what its user's country does. */
const delimiterOf = (text: string): string => {
  const [header = ''] = text.split(/[\r\n]/, 1);
  const countOf = (delimiter: string) => header.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, each) => (countOf(each) > countOf(best) ? each : best));
};

/** Changed rows that a dry run shows. */
const shownRows = 20;
const shownLength = 60;

class Report {
  readonly #counts = { changed: 0, unchanged: 0, conflict: 0, refused: 0 };

  constructor(
    private readonly dryRun: boolean,
    private readonly beforeLine: () => void,
  ) {}

  add({ line, row: { id } }: ReadRow, outcome: RowOutcome): void {
    if (outcome.kind === 'refused') {
      this.refuse(line, outcome.reason);
      return;
    }
    this.#counts[outcome.kind] += 1;
    if (outcome.kind === 'conflict') {
      this.#print(
        `line ${line}: conflict: ${id} was changed since the export. Export it again, or overwrite it with --force.`,
      );
    }
    if (outcome.kind === 'changed' && this.dryRun && this.#counts.changed <= shownRows) {
      const texts = outcome.texts.map(({ locale, before, after }) => `${locale} ${shown(before)} -> ${shown(after)}`);
      this.#print(`line ${line}: ${id}: ${texts.join(', ')}`);
    }
  }

  refuse(line: number, reason: string): void {
    this.#counts.refused += 1;
    this.#print(`line ${line}: refused: ${reason}`);
  }

  finish(): void {
    const { changed, unchanged, conflict, refused } = this.#counts;
    const done = this.dryRun ? 'would change' : 'changed';
    this.#print(`${changed} ${done}, ${unchanged} unchanged, ${conflict} in conflict, ${refused} refused`);
    if (conflict + refused > 0) process.exitCode = 1;
  }

  #print(line: string): void {
    this.beforeLine();
    printLine(line);
  }
}

/** In one line. */
const shown = (text: string | null): string => {
  if (text === null) return 'none';
  const start = text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
  return JSON.stringify(start);
};

runTool(usage, async (args) => {
  const command = parseCommand(args);
  const config = readConfig();
  requireDatabase(config.database, '. Set DATA_DIR or DATABASE_URL as for the server.');
  const state = await openDatabase(config.database);
  try {
    await command(config, state);
  } finally {
    await state.close();
  }
});
