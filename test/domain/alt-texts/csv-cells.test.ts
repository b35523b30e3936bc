import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as inConsole from '../../../src/console/alt-text-table/csv.js';
import { cellOfText, csvLine, textOfCell } from '../../../src/domain/alt-texts/csv-cells.js';

/** Texts with what means something to a spreadsheet, or to the tool itself. */
const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .array(fc.constantFrom("'", '=', '+', '@', '-', '[decorative]', '"', ',', ';', '\n', '\r', '\t', ' ', '＝', 'a'))
    .map((parts) => parts.join('')),
);

test('every text comes back from its cell, through a file, and none is taken for a formula', () => {
  fc.assert(
    fc.property(fc.array(fc.option(texts), { minLength: 1 }), (given) => {
      const cells = given.map(cellOfText);
      expect(cells.filter((cell) => /^[=+\-@\t\r\n＝＋－＠]/.test(cell))).toEqual([]);
      expect(cells.map(textOfCell)).toEqual(given);
      // a cell of its own at the end, since an empty line is no row
      const [read] = parse(csvLine([...cells, 'x']), { record_delimiter: '\r\n' }) as string[][];
      expect(read).toEqual([...cells, 'x']);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [null, ''],
  ['', '[decorative]'],
  ['A heron', 'A heron'],
  ["'Twas a heron", "'Twas a heron"],
  ['=1+1', "'=1+1"],
  ["'=1+1", "''=1+1"],
  ['[decorative]', "'[decorative]"],
])('the text %j is the cell %j', (text, cell) => {
  expect([cellOfText(text), textOfCell(cell)]).toEqual([cell, text]);
});

test('what a person types into a cell is the text, formula or not', () => {
  expect(['=1+1', '-5 degrees', "'tis", ' '].map(textOfCell)).toEqual(['=1+1', '-5 degrees', "'tis", ' ']);
});

test('the console writes and reads the same cells and lines', () => {
  fc.assert(
    fc.property(fc.array(fc.option(texts)), (given) => {
      const cells = given.map(cellOfText);
      expect(given.map(inConsole.cellOfText)).toEqual(cells);
      expect(inConsole.csvLine(cells)).toBe(csvLine(cells));
      expect(cells.map(inConsole.textOfCell)).toEqual(given);
    }),
  );
});
