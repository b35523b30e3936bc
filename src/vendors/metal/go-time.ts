import { isStorable } from '../../domain/storable.js';

const layout = '2006-01-02T15:04:05Z07:00';

interface LayoutPart {
  /** As Go's errors name it. */
  readonly element: string;
  readonly pattern: RegExp;
  readonly range?: readonly [name: string, min: number, max: number];
}

/** RFC 3339 piece by piece, as Go reads it. */
const parts: readonly LayoutPart[] = [
  { element: '2006', pattern: /^\d{4}/ },
  { element: '-', pattern: /^-/ },
  { element: '01', pattern: /^\d\d/, range: ['month', 1, 12] },
  { element: '-', pattern: /^-/ },
  { element: '02', pattern: /^\d\d/, range: ['day', 1, 31] },
  { element: 'T', pattern: /^T/ },
  { element: '15', pattern: /^\d\d/, range: ['hour', 0, 23] },
  { element: ':', pattern: /^:/ },
  { element: '04', pattern: /^\d\d/, range: ['minute', 0, 59] },
  { element: ':', pattern: /^:/ },
  { element: '05', pattern: /^\d\d(\.\d+)?/, range: ['second', 0, 59.999_999_999] },
  { element: 'Z07:00', pattern: /^(Z|[+-]([01]\d|2[0-3]):[0-5]\d)/ },
];

/** "Input dates must be RFC3339 with a zone"; a fault is reported in Go's words. Parts of a millisecond are dropped. */
export const parseGoTime = (text: string): Date | { readonly fault: string } => {
  const fault = (why: string) => ({ fault: `parsing time ${JSON.stringify(text)}${why}` });
  let rest = text;
  for (const { element, pattern, range } of parts) {
    const [found] = pattern.exec(rest) ?? [];
    if (found === undefined) return fault(` as "${layout}": cannot parse ${JSON.stringify(rest)} as "${element}"`);
    if (range && (Number(found) < range[1] || Number(found) > range[2])) return fault(`: ${range[0]} out of range`);
    rest = rest.slice(found.length);
  }
  if (rest !== '') return fault(`: extra text: ${JSON.stringify(rest)}`);
  if (!isDayOfMonth(text)) return fault(': day out of range');
  const date = new Date(text);
  // its offset may move a date into a year that cannot be stored
  return isStorable(date) ? date : fault(': year outside of range [1,9999]');
};

/** JavaScript reads the 30th of February as the 2nd of March. */
const isDayOfMonth = (text: string): boolean => {
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
};

/** "Timestamps: Go RFC3339Nano", which has no zeros at the end of a fraction. */
export const formatGoTime = (date: Date): string => date.toISOString().replace(/\.?0+Z$/, 'Z');
