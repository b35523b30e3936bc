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
