/** What keeps a text from being stored, or undefined. Its length counts characters, not code units. */
export const textFault = (text: string, maxLength: number): string | undefined => {
  if (!text.isWellFormed() || text.includes('\0')) {
    return 'Has characters that cannot be stored. Unicode text without the NUL character is accepted.';
  }
  // a character takes at most two code units, so a longer string need not be counted
  const length = text.length > 2 * maxLength ? text.length : [...text].length;
  return length > maxLength ? `Has ${length} characters; at most ${maxLength} are accepted.` : undefined;
};
