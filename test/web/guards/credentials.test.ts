import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnauthenticatedError } from '../../../src/domain/errors.js';
import { parseCredentials } from '../../../src/web/guards/credentials.js';

const id = 'abcDEF0123456789';
const secret = randomBytes(32).toString('base64url');
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

test.each([
  ['Basic', `Basic ${base64(`${id}:${secret}`)}`],
  ['Basic in another case, behind several spaces', `bASIC   ${base64(`${id}:${secret}`)}`],
  ['Basic in base64url without padding', `Basic ${Buffer.from(`${id}:${secret}`).toString('base64url')}`],
  ['Bearer', `Bearer ${id}.${secret}`],
  ['Bearer in another case', `bearer ${id}.${secret}`],
])('a key is taken as %s', (_name, header) => {
  expect(parseCredentials(header)).toEqual({ id, secret });
});

test.each([undefined, ''])('%o is no key, and no error', (header) => {
  expect(parseCredentials(header)).toBeNull();
});

test.each([
  ['another scheme', `Digest ${id}.${secret}`],
  ['no scheme', `${id}.${secret}`],
  ['a scheme alone', 'Bearer'],
  ['a scheme and spaces', `Basic ${' '.repeat(16_000)}`],
  ['Bearer with the separator of Basic', `Bearer ${id}:${secret}`],
  ['Basic with the separator of Bearer', `Basic ${base64(`${id}.${secret}`)}`],
  ['Basic that is not encoded', `Basic ${id}:${secret}`],
  ['no separator', `Bearer ${id}${secret}`],
  ['an empty id', `Bearer .${secret}`],
  ['an empty secret', `Basic ${base64(`${id}:`)}`],
  ['a colon in the secret', `Basic ${base64(`${id}:${secret.slice(0, 20)}:${secret.slice(21)}`)}`],
  ['a dot in the secret', `Bearer ${id}.${secret.slice(0, 20)}.${secret.slice(21)}`],
  ['a tab behind the scheme', `Bearer\t${id}.${secret}`],
  ['Basic with a character that base64 does not have', `Basic ${base64(`${id}:${secret}`)}!`],
  ['Basic with such characters in between', `Basic ${base64(`${id}:${secret}`).replace(/^..../, '$&*-,*')}`],
  ['Basic with too much padding', `Basic ${base64(`${id}:${secret}`)}====`],
  ['Basic with something behind its padding', `Basic ${base64(`${id}:${secret}`)}=QQ==`],
  [
    'Basic in base64 of bytes that are no UTF-8',
    `Basic ${base64(Buffer.concat([Buffer.from(`${id}:`), Buffer.alloc(43, 0xff)]))}`,
  ],
  ['a secret and more', `Bearer ${id}.${secret}x`],
  ['a line end behind the secret', `Basic ${base64(`${id}:${secret}\n`)}`],
  ['two credentials', `Bearer ${id}.${secret}, Bearer ${id}.${secret}`],
  ['bytes that are no UTF-8', `Basic ${base64(Uint8Array.of(0xff, 0xfe, 0x3a, 0xc0, 0x80))}`],
  ['15 KiB', `Bearer ${'a'.repeat(15 * 1024)}`],
  ['15 KiB of base64', `Basic ${base64(randomBytes(11 * 1024))}`],
])('%s is refused with what is accepted, and without what was sent', (_name, header) => {
  const parse = () => parseCredentials(header);
  expect(parse).toThrow(UnauthenticatedError);
  expect(parse).toThrow('The Authorization header must be a key: Basic with id:secret, or Bearer id.secret.');
});

test('whatever the header holds, it is credentials, nothing, or an UnauthenticatedError', () => {
  const header = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary' }).map((text) => `Basic ${text}`),
    fc.uint8Array().map((bytes) => `Basic ${base64(bytes)}`),
    fc.string().map((text) => `Bearer ${text}`),
  );
  fc.assert(
    fc.property(header, (text) => {
      try {
        expect(parseCredentials(text)).toBeNull();
      } catch (error) {
        if (text !== '') expect(error).toBeInstanceOf(UnauthenticatedError);
      }
    }),
  );
});
