import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/domain/errors.js';
import type { Address } from '../../../src/domain/images/address.js';
import { decodeAddressKey, encodeAddressKey } from '../../../src/domain/images/address-key.js';
import type { ImageExtension } from '../../../src/domain/images/image.js';
import { defaultLimits } from '../../../src/domain/limits.js';
import { arbitraryAddress } from './arbitrary-address.js';

const decode = (key: string): Address => decodeAddressKey(key, defaultLimits);
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const extension = fc.constantFrom<ImageExtension>('.png', '.jpg', '.webp');

/** The ways in which a client may send a key back. */
const spellings = {
  'URL-safe without padding': (key: string) => key,
  'URL-safe with padding': (key: string) => key.padEnd(Math.ceil(key.length / 4) * 4, '='),
  standard: (key: string) => Buffer.from(key, 'base64url').toString('base64'),
  'standard without padding': (key: string) => Buffer.from(key, 'base64url').toString('base64').replace(/=+$/, ''),
  'standard with + turned into spaces': (key: string) =>
    Buffer.from(key, 'base64url').toString('base64').replaceAll('+', ' '),
} as const;

describe('encodeAddressKey', () => {
  test('is compact JSON with the members in their order and the absent ones left out', () => {
    const address: Address = { docid: 'GDRIVE_1', cid: 'c', ds: null, entityId: '7', type: 'DOCUMENT_IMAGE' };
    const json = Buffer.from(encodeAddressKey(address, '.png'), 'base64url').toString('utf8');
    expect(json).toBe('{"type":"DOCUMENT_IMAGE","id":"7","cid":"c","docid":"GDRIVE_1","ext":".png"}');
  });

  test('needs no escaping in a URL', () => {
    fc.assert(
      fc.property(arbitraryAddress, extension, (address, ext) => {
        const key = encodeAddressKey(address, ext);
        expect(encodeURIComponent(key)).toBe(key);
      }),
    );
  });
});

describe('decodeAddressKey', () => {
  test.each(Object.entries(spellings))('reads every key that was encoded, %s', (_name, spell) => {
    fc.assert(
      fc.property(arbitraryAddress, extension, (address, ext) => {
        expect(decode(spell(encodeAddressKey(address, ext)))).toEqual(address);
      }),
    );
  });

  test('reads the keys seen in public URLs of Glean', () => {
    const cid = 'ef7285c5-f4f8-46ab-94d7-01278f8f5003';
    expect(decode(base64(`{"type":"UGC","id":"0","ds":"GALLERY-IMAGE-PICKER","cid":"${cid}","ext":".png"}`))).toEqual({
      type: 'UGC',
      entityId: '0',
      ds: 'GALLERY-IMAGE-PICKER',
      cid,
      docid: null,
    });
    const entityId = '9f'.repeat(32);
    expect(decode(base64(`{"type":"DOCUMENT_IMAGE","id":"${entityId}","docid":"GDRIVE_1a","ext":".png"}`))).toEqual({
      type: 'DOCUMENT_IMAGE',
      entityId,
      ds: null,
      cid: null,
      docid: 'GDRIVE_1a',
    });
  });

  test('passes over what does not identify: a foreign extension, an unknown member, any order', () => {
    const address = { type: 'ICON', entityId: 'doc', ds: null, cid: null, docid: null };
    expect(decode(base64('{ "size": 4, "ext": ".gif", "id": "doc", "ds": "", "type": "ICON" }'))).toEqual(address);
  });

  test('reads a key of the longest texts, in whatever characters', () => {
    for (const character of ['x', '🦊', '\u0001']) {
      const text = character.repeat(defaultLimits.addressPartLength);
      const address: Address = { type: 'DOCUMENT_IMAGE', entityId: text, ds: text, cid: text, docid: text };
      expect(decode(encodeAddressKey(address, '.webp'))).toEqual(address);
    }
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['padding alone', '=='],
    ['what is no base64', 'a key!'],
    ['what is no base64 of JSON', base64('{"type":"UGC"')],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0x7d]).toString('base64')],
    ['a list', base64('["UGC"]')],
    ['null', base64('null')],
    ['a number', base64('7')],
    ['an object without a type', base64('{}')],
    ['an unknown type', base64('{"type":"AVATAR"}')],
    ['a number for a text', base64('{"type":"UGC","id":7}')],
    ['an object for a text', base64('{"type":"UGC","ds":{"toString":"x"}}')],
    ['the type of a prototype', base64('{"__proto__":{"type":"UGC"}}')],
    ['the name of a method as type', base64('{"type":"constructor"}')],
    ['half a character', base64('{"type":"UGC","id":"\\ud800"}')],
    ['a text with NUL', base64('{"type":"UGC","id":"\\u0000"}')],
    ['a text that is too long', base64(JSON.stringify({ type: 'UGC', id: 'x'.repeat(513) }))],
    ['deeply nested JSON', base64('['.repeat(14_000))],
    ['a megabyte', 'A'.repeat(1024 * 1024)],
  ])('refuses %s as an input that is not accepted', (_name, key) => {
    expect(() => decode(key)).toThrow(InvalidInputError);
    expect(() => decode(key)).toThrow(/^key/);
  });

  test('throws nothing but InvalidInputError whatever it is given', () => {
    const anyKey = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      fc.json().map(base64),
      fc
        .dictionary(fc.constantFrom('type', 'id', 'ds', 'ext', '__proto__'), fc.jsonValue())
        .map((value) => base64(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(anyKey, (key) => {
        try {
          decode(key);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
