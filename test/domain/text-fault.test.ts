import { expect, test } from 'vitest';
import { decodeAddressKey } from '../../src/domain/images/address-key.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { lengthOf, textFault } from '../../src/domain/storable.js';

const bug = '\u{1f41e}';

test.each([
  ['x'.repeat(10), undefined],
  [bug.repeat(10), undefined],
  ['x'.repeat(11), 'Has 11 characters; at most 10 are accepted.'],
  [bug.repeat(11), 'Has 11 characters; at most 10 are accepted.'],
  [bug.repeat(21), 'Has 21 characters; at most 10 are accepted.'],
  [`${bug.repeat(500)}x`, 'Has 501 characters; at most 10 are accepted.'],
])('a length is reported in characters, like its limit: %#', (text, fault) => {
  expect(textFault(text, 10)).toBe(fault);
});

test('a text of a megabyte of characters beyond the first plane is counted to the character', () => {
  expect(lengthOf(bug.repeat(1_000_000))).toBe(1_000_000);
});

test('the length of a key that is too long is reported in characters', () => {
  expect(() => decodeAddressKey(bug.repeat(20_001), defaultLimits)).toThrow('Has 20001 characters');
});
