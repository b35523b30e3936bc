import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInputError } from '../../../src/domain/errors.js';
import { type Address, addressTypes, identityOf } from '../../../src/domain/images/address.js';
import { type AddressInput, createAddress } from '../../../src/domain/images/create-address.js';
import { defaultLimits } from '../../../src/domain/limits.js';
import { arbitraryAddress } from './arbitrary-address.js';

const issuesOf = (input: AddressInput) => {
  try {
    createAddress(input, defaultLimits);
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues;
    throw error;
  }
  return [];
};

test('an empty text is as good as an absent one', () => {
  const bare = { type: 'USER', entityId: null, ds: null, cid: null, docid: null };
  expect(createAddress({ type: 'USER' }, defaultLimits)).toEqual(bare);
  expect(createAddress({ type: 'USER', entityId: '', ds: '', cid: null, docid: '' }, defaultLimits)).toEqual(bare);
});

test.each(addressTypes)('accepts the type %s', (type) => {
  expect(createAddress({ type, entityId: '7' }, defaultLimits)).toMatchObject({ type, entityId: '7' });
});

test.each(['', 'user', 'AVATAR', 'toString', '__proto__'])('refuses the type "%s" and lists the known', (type) => {
  expect(issuesOf({ type })).toEqual([
    { path: ['address', 'type'], message: expect.stringContaining('DOCUMENT_IMAGE') },
  ]);
});

test('reports every error at once, each with its limit', () => {
  const long = 'x'.repeat(defaultLimits.addressPartLength + 1);
  const faults = issuesOf({ type: 'none', entityId: long, ds: '\ud800', cid: 'a\0b', docid: long });
  expect(faults.map(({ path }) => path[1])).toEqual(['type', 'entityId', 'ds', 'cid', 'docid']);
  expect(faults[1]?.message).toContain('at most 512');
});

test('counts characters, not code units', () => {
  const entityId = '🦊'.repeat(defaultLimits.addressPartLength);
  expect(createAddress({ type: 'UGC', entityId }, defaultLimits)).toMatchObject({ entityId });
});

const samePlace = (a: Address, b: Address): boolean =>
  a.type === b.type && a.entityId === b.entityId && a.ds === b.ds && a.cid === b.cid;

test('two addresses share an identity only if they are the same place', () => {
  fc.assert(
    fc.property(arbitraryAddress, arbitraryAddress, (a, b) => {
      expect(identityOf(a) === identityOf(b)).toBe(samePlace(a, b));
    }),
  );
  fc.assert(
    fc.property(arbitraryAddress, (address) => {
      const { entityId, ds, cid } = address;
      const shifted = { ...address, entityId: ds, ds: cid, cid: entityId };
      expect(identityOf(address) === identityOf(shifted)).toBe(samePlace(address, shifted));
    }),
  );
});

test('the docid is no part of the identity', () => {
  fc.assert(
    fc.property(arbitraryAddress, (address) => {
      expect(identityOf({ ...address, docid: 'another' })).toBe(identityOf(address));
    }),
  );
});
