import type { Limits } from '../domain/limits.js';
import type { FieldCost } from './field-rules.js';

/**
 * What work costs, in units of a plain field, which takes a few microseconds. Counts and filters are weighed by a list of a million
 * rows: on a short one they are cheaper, but nobody knows beforehand how long it is.
 */
export const costs = {
  /** Planning a variant, as for its URL. */
  variant: 3,
  /** Finding the text in a language, which may mean to read the texts in all of them. */
  translation: 10,
  /** A lookup in the database. */
  read: 10,
  /** Counting a list by an index. */
  count: 500,
  /** Reading a list row by row, which every filter may have to. */
  scan: 1_000,
  /** Looking up hashes that are near: some thousand lookups in an index. */
  similar: 300,
  /** Rows that a page leaves out, and has to walk over. */
  skippedRows: 1_000,
  /** A transaction, with its wait for the disk. */
  write: 100,
  /** Decoding an uploaded image and storing it. */
  upload: 500,
} as const;

interface PageArgs {
  /** How many items the client asks for: a PageSize. */
  readonly length: number | null | undefined;
  readonly skip?: number | null | undefined;
  readonly filter: object | null | undefined;
}

/** The cost of a page of a list. */
export const costOfPage = ({ length, skip, filter }: PageArgs, { pageDefault, pageMax }: Limits): FieldCost => {
  const isScanned = hasCondition(filter);
  return {
    own: costs.read + (isScanned ? costs.scan : 0) + Math.min(costs.scan, Math.ceil((skip ?? 0) / costs.skippedRows)),
    length: Math.min(length ?? pageDefault, pageMax),
    count: isScanned ? costs.scan : costs.count,
  };
};

const hasCondition = (filter: unknown): boolean =>
  typeof filter === 'object' && filter !== null && !(filter instanceof Date)
    ? Object.values(filter).some(hasCondition)
    : filter !== null && filter !== undefined;
