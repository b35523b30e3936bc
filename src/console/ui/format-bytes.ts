const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** A size for people, in powers of 1,000: `1.2 MB`. */
export const formatBytes = (bytes: number): string => {
  if (bytes === 1) return '1\u00a0byte';
  // by what is shown: 999,999 bytes are 1 MB
  const rounded = Number(bytes.toPrecision(3));
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(rounded) / 3));
  const value = bytes / 1_000 ** power;
  return `${value.toLocaleString('en', { maximumFractionDigits: power === 0 || value >= 100 ? 0 : 1 })}\u00a0${units[power]}`;
};
