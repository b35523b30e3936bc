import { InvalidInputError } from './errors.js';
import type { Limits } from './limits.js';

/** @throws {InvalidInputError} for more ids at once than a page has items. */
export const checkIdCount = (ids: readonly unknown[], { pageMax }: Limits): void => {
  if (ids.length > pageMax) throw InvalidInputError.at(['ids'], `Accepts at most ${pageMax} ids.`);
};
