/** Why a client's text cannot be stored, or undefined if it can. The limit is in characters, not in UTF-16 units. */
export const textFault = (text: string, limit: number): string | undefined => {
  if (!text.isWellFormed() || text.includes('\0')) {
    return 'Has characters that cannot be stored. Unicode text without the NUL character is accepted.';
  }
  const length = text.length > limit ? lengthOf(text) : 0;
  return length > limit ? `Has ${length} characters; at most ${limit} are accepted.` : undefined;
};

/** How many characters a text has. */
export const lengthOf = (text: string): number => {
  let length = 0;
  for (const _character of text) length += 1;
  return length;
};

/** The first characters of a text, none of them cut in two. */
export const cutText = (text: string, limit: number): string =>
  text.length <= limit ? text : [...text.slice(0, 2 * limit)].slice(0, limit).join('');

/** The years that RFC 3339 and every database can write. */
export const storableYears = 'years 0001 to 9999 in UTC';

/** Whether a date can be stored and written: not the year 0, which PostgreSQL lacks, and no year of five digits. */
export const isStorable = (date: Date): boolean => {
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9_999;
};

/** What is wrong with a date that is given. */
export const dateFault = (date: Date | null | undefined): string | undefined =>
  date && !isStorable(date) ? `Accepts a time in the ${storableYears}.` : undefined;
