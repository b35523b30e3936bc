/** A time in the reader's language and time zone. */
export const formatDate = (date: string): string =>
  new Date(date).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
