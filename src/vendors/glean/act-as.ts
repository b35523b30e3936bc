import type { IncomingHttpHeaders } from 'node:http';
import { GleanFault } from './problems.js';
import { emailAddress } from './wire.js';

/** "X-Scio-Actas (gen A) / X-Glean-ActAs (gen B): accept both as synonyms." */
const names = ['x-scio-actas', 'x-glean-actas'] as const;

/**
 * Checks the user on whose behalf a client says it acts. A key acts for its account, so the user changes nothing.
 * @throws {GleanFault} for what is no email address, and for two of them.
 */
export const checkActAs = (headers: IncomingHttpHeaders): void => {
  const given = names.flatMap((name) => {
    const value = String(headers[name] ?? '').trim();
    if (value === '') return [];
    if (!emailAddress.safeParse(value).success) {
      throw new GleanFault('invalid_parameter', `${name} must be one email address, or empty.`);
    }
    return [value.toLowerCase()];
  });
  if (new Set(given).size > 1) {
    throw new GleanFault(
      'invalid_parameter',
      `${names.join(' and ')} mean the same and name different users. Send one.`,
    );
  }
};
