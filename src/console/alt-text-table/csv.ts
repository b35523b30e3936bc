/** As `npm run alt-text` writes and reads them. */
const decorative = '[decorative]';
const mustBeMarked = /^'*(?:[=+\-@\t\r\n＝＋－＠]|\[decorative\]$)/;

/** The cell of a text: marked if a spreadsheet would take it for a formula. */
export const cellOfText = (text: string | null | undefined): string => {
  if (text === null || text === undefined) return '';
  if (text === '') return decorative;
  return mustBeMarked.test(text) ? `'${text}` : text;
};

export const textOfCell = (cell: string): string | null => {
  if (cell === '') return null;
  if (cell === decorative) return '';
  return cell.startsWith("'") && mustBeMarked.test(cell) ? cell.slice(1) : cell;
};

/** A line of RFC 4180. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",;\t\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`;

export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows of a file; a spreadsheet separates their cells by what its user's country does. Empty lines are none. */
export const parseCsv = (text: string): CsvRow[] => {
  const [header = ''] = text.split(/[\r\n]/, 1);
  const delimiter = [',', ';', '\t'].reduce((best, each) =>
    header.split(each).length > header.split(best).length ? each : best,
  );
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let line = 1;
  let start = 1;
  // a cell and what ends it
  const cell = new RegExp(
    `(?:"((?:[^"]|"")*)"|([^"${delimiter}\\r\\n][^${delimiter}\\r\\n]*)?)(${delimiter}|\\r\\n|\\r|\\n|$)`,
    'y',
  );
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (!found) throw new Error(`Line ${line}: a quote has no end, or something follows it.`);
    const [whole, quoted, plain = '', end] = found;
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    line += whole.split(/\r\n|\r|\n/).length - 1;
    if (end === delimiter && cell.lastIndex < text.length) continue;
    if (end === delimiter) cells.push('');
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: start, cells });
    cells = [];
    start = line;
  }
  return rows;
};
