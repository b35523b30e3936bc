import { describe } from 'vitest';
import { testConcurrency } from './concurrency.js';
import { testDamage } from './damage.js';
import { testListing } from './listing.js';
import { testStoredBytes } from './stored-bytes.js';
import { type Damage, damageByLyingSpool, type OpenStore } from './stores.js';

/** What every BlobStore guarantees. */
export const testBlobStoreContract = (name: string, open: OpenStore, damage: Damage = damageByLyingSpool): void => {
  describe(`${name} keeps the contract of a blob store`, () => {
    describe('stored bytes', () => testStoredBytes(open));
    describe('damage', () => testDamage(open, damage));
    describe('at the same time', () => testConcurrency(open));
    describe('listing', () => testListing(open));
  });
};
