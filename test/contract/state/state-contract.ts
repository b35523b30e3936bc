import { describe } from 'vitest';
import { testAccounts } from './accounts.js';
import { testChanges } from './changes.js';
import { testImageLists } from './image-lists.js';
import { testImages } from './images.js';
import type { OpenStatePair } from './open-state-pair.js';
import { testOrigins } from './origins.js';
import { testRemovals } from './removals.js';
import { testRevisions } from './revisions.js';
import { testServers } from './servers.js';
import { testSimilarImages } from './similar-images.js';
import { testTombstones } from './tombstones.js';
import { testTransactions } from './transactions.js';
import { testUniqueRules } from './unique-rules.js';
import { testValues } from './values.js';
import { testWebhooks } from './webhooks.js';

/** What every implementation of `State` guarantees, seen through its ports alone. */
export const testStateContract = (name: string, open: OpenStatePair): void => {
  describe(`${name} keeps the contract of a state`, () => {
    describe('images', () => testImages(open));
    describe('lists of images', () => testImageLists(open));
    describe('accounts', () => testAccounts(open));
    describe('values', () => testValues(open));
    describe('unique rules', () => testUniqueRules(open));
    describe('revisions', () => testRevisions(open));
    describe('tombstones', () => testTombstones(open));
    describe('transactions', () => testTransactions(open));
    describe('changes', () => testChanges(open));
    describe('origins', () => testOrigins(open));
    describe('webhooks and purges', () => testWebhooks(open));
    describe('removals', () => testRemovals(open));
    describe('similar images', () => testSimilarImages(open));
    describe('two servers', () => testServers(open));
  });
};
