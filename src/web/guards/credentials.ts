import { UnauthenticatedError } from '../../domain/errors.js';
import { asToken, type Token } from '../../domain/identity/access-token.js';
import { asApiKeyId, asApiKeySecret, type Credentials } from '../../domain/identity/api-key.js';

/** The ways to authenticate that a 401 names (RFC 9110, section 11.6.1; RFC 6750, section 3). */
export const challenge = 'Basic realm="image-facade", Bearer realm="image-facade"';

/**
 * The credentials of an Authorization header, or null if there is none: `Basic base64(id:secret)` or `Bearer id.secret`.
 * @throws {UnauthenticatedError} for a header that contains neither.
 */
export const parseCredentials = (authorization: string | undefined): Credentials | null => {
  if (!authorization) return null;
  const [, scheme = '', value = ''] = /^(basic|bearer) +(\S+)$/i.exec(authorization) ?? [];
  const isBasic = scheme.toLowerCase() === 'basic';
  // an id has no separator in it: everything after the first one is the secret (RFC 7617, section 2)
  const [idText, secretText] = isBasic ? splitAtFirst(decodeBase64(value), ':') : splitAtFirst(value, '.');
  const id = asApiKeyId(idText);
  const secret = asApiKeySecret(secretText);
  if (id && secret) return { id, secret };
  throw new UnauthenticatedError('The Authorization header must be a key: Basic with id:secret, or Bearer id.secret.');
};

/** The access token of an Authorization header that holds one, or null. A key's `id.secret` has another form. */
export const parseAccessToken = (authorization: string | undefined): Token | null =>
  asToken(/^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '') ?? null;

/** Node's decoder skips whatever is not base64; one credential must have one form only, so that no filter in front is deceived. */
const decodeBase64 = (text: string): string => {
  const bytes = Buffer.from(text, 'base64');
  const isExact = [bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')];
  return isExact.includes(text) ? bytes.toString('utf8') : '';
};

const splitAtFirst = (text: string, separator: string): [string, string] => {
  const index = text.indexOf(separator);
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
};
