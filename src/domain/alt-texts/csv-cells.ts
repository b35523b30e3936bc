/** How a spreadsheet shows the text of a purely decorative image: an empty cell is no text at all. */
const decorative = '[decorative]';

/**
 * What a spreadsheet takes for a formula, and so might run. `'` before it makes it text: OWASP's advice on CSV injection, which also
 * names the full-width forms.
 */
const mustBeMarked = /^'*(?:[=+\-@\t\r\n＝＋－＠]|\[decorative\]$)/;

const marked = (text: string): string => (mustBeMarked.test(text) ? `'${text}` : text);

/** The cell of an alternative text; {@link textOfCell} is its exact inverse. */
export const cellOfText = (text: string | null | undefined): string => {
  if (text === null || text === undefined) return '';
  return text === '' ? decorative : marked(text);
};

/** Null for an empty cell. What a spreadsheet has shown as text stays as it is. */
export const textOfCell = (cell: string): string | null => {
  if (cell === '') return null;
  if (cell === decorative) return '';
  return cell.startsWith("'") && mustBeMarked.test(cell) ? cell.slice(1) : cell;
};

/** A line of RFC 4180. Cells that are not alternative texts are marked too: anybody may have named a file. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => (/[",;\t\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`;
