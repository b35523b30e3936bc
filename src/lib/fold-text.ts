/**
 * The form in which texts are compared by people who search: case, composed and decomposed letters, and compatibility forms such as
 * full-width letters make no difference; accents do. It is Unicode's NFKC with full case folding, so that `ẞ` finds `ss`, and only a
 * few letters differ from `NFKC_Casefold`: the dotless ı counts as i.
 */
export const foldText = (text: string): string =>
  isAscii(text) ? text.toLowerCase() : [...text.normalize('NFKC')].map(foldCharacter).join('').normalize('NFKC');

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

// Character by character, because a sigma at the end of a word has a lower case of its own. Upper case first would leave the capital ẞ.
const foldCharacter = (character: string): string => character.toLowerCase().toUpperCase().toLowerCase();
