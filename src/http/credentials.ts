import { asApiKeyId, asApiKeySecret, type Credentials } from '../domain/api-key.js';
import { UnauthenticatedError } from '../domain/errors.js';

/** What a 401 tells of the ways to authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3). */
export const challenge = 'Basic realm="image-facade", Bearer realm="image-facade"';

/**
 * The credentials of an Authorization header, or null where there is none: `Basic base64(id:secret)` or `Bearer id.secret`.
 * @throws {UnauthenticatedError} for a header that holds neither.
 */
export const parseCredentials = (authorization: string | undefined): Credentials | null => {
  if (!authorization) return null;
  const [, scheme = '', value = ''] = /^(basic|bearer) +(\S+)$/i.exec(authorization) ?? [];
  const isBasic = scheme.toLowerCase() === 'basic';
  // an id has no separator in it: what follows the first one is the secret, whatever it holds (RFC 7617, section 2)
  const [idText, secretText] = isBasic
    ? splitAtFirst(Buffer.from(value, 'base64').toString('utf8'), ':')
    : splitAtFirst(value, '.');
  const id = asApiKeyId(idText);
  const secret = asApiKeySecret(secretText);
  if (id && secret) return { id, secret };
  throw new UnauthenticatedError('The Authorization header takes a key: Basic with id:secret, or Bearer id.secret.');
};

const splitAtFirst = (text: string, separator: string): [string, string] => {
  const index = text.indexOf(separator);
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
};
