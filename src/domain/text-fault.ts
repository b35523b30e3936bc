/** Tells why a text of a client can't be stored, or nothing where it can. The limit counts characters, not code units. */
export const textFault = (text: string, limit: number): string | undefined => {
  if (!text.isWellFormed() || text.includes('\0')) {
    return 'Has characters that cannot be stored. Unicode text without the NUL character is accepted.';
  }
  // a character takes at most two code units, so a longer string need not be counted
  const length = text.length > 2 * limit ? text.length : [...text].length;
  return length > limit ? `Has ${length} characters; at most ${limit} are accepted.` : undefined;
};
