/** Why a client's text cannot be stored, or nothing if it can. The limit counts characters, not UTF-16 units. */
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
