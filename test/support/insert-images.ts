import type { AccountId } from '../../src/domain/images/image.js';
import { openStateAt } from '../../src/state/open-state.js';
import { journalHead } from './journal-head.js';
import { insertSample, sampleImage } from './samples.js';
import { accountId, type TestServer } from './test-server.js';

/** Gives an account images whose rows are there and whose bytes are not, for tests that look at rows alone. */
export const insertImages = async (server: TestServer, count: number, owner: string = accountId): Promise<void> => {
  const state = await openStateAt(server.config.database, {});
  for (let index = 0; index < count; index += 1) {
    const createdOn = new Date(Date.UTC(2026, 0, 1, 0, 0, index));
    await insertSample(state, sampleImage({ accountId: owner as AccountId, createdOn }), {
      altText: `Number ${index}`,
    });
  }
  await state.close();
  await journalHead(server);
};
