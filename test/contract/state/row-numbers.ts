import { expect } from 'vitest';
import { newestFirst } from '../../../src/domain/images/image-query.js';
import type { Locale } from '../../../src/domain/images/locale.js';
import type { State } from '../../../src/domain/ports.js';
import {
  insertMetalImages,
  insertSample,
  sampleDelivery,
  sampleMetalImage,
  sampleWebhook,
} from '../../support/samples.js';

/** Tables whose rows the database numbers, apart from the journal. */
export const numberedTables = ['ImageMetadata', 'ImageAltText', 'Origin', 'WebhookDelivery'] as const;

const largestOf32Bits = 2 ** 31 - 1;

/** What a state guarantees after more rows than 32 bits can number: metadata, texts, origins and deliveries go on, in their order. */
export const expectRowsBeyond32Bits = async (
  state: State,
  setLastNumber: (table: (typeof numberedTables)[number], last: number) => Promise<void>,
): Promise<void> => {
  for (const table of numberedTables) await setLastNumber(table, largestOf32Bits - 1);

  const first = await insertSample(state, undefined, { altText: 'A heron at dawn' });
  const second = await insertSample(state, undefined, { altText: 'A heron at dusk' });
  const metadata = await state.read.metadataOf([first.id, second.id]);
  expect(metadata.map(({ altText }) => altText).sort()).toEqual(['A heron at dawn', 'A heron at dusk']);
  const translations = new Map([['de', 'Ein Reiher']] as [Locale, string][]);
  for (const { id } of [first, second]) {
    await state.write((writer) => writer.changeTranslations(id, { removed: [], written: translations }));
  }
  expect(await state.read.translationsOf([second.id])).toEqual(new Map([[second.id, translations]]));
  const filter = { altTextContains: 'at dusk' };
  const found = await state.read.images({
    ...{ accountId: second.accountId, filter },
    ...{ order: newestFirst, take: 'first', skip: 0, limit: 10 },
  });
  expect(found.map(({ id }) => id)).toEqual([second.id]);

  await insertMetalImages(state, [sampleMetalImage('os-1')]);
  const ids = [{ imageId: first.id }, { imageId: second.id }, { metalImageId: 'os-1' }];
  for (const id of ids) await state.write(({ origins }) => origins.save(id, { source: 'there', revision: '1' }));
  const listed = await state.read.origins.list('there', 0, 10);
  expect(listed.map(({ position }) => position)).toEqual([largestOf32Bits, 2 ** 31, 2 ** 31 + 1]);
  expect((await state.read.origins.list('there', 2 ** 31, 10)).map(({ id }) => id)).toEqual([ids[2]]);

  const webhook = sampleWebhook(first.accountId);
  await state.write(({ webhooks }) => webhooks.insert(webhook));
  for (const messageId of ['a', 'b', 'c']) {
    await state.write(({ webhooks }) => webhooks.logDelivery(webhook.id, sampleDelivery(messageId), 2));
  }
  const deliveries = await state.read.webhooks.deliveries([webhook.id]);
  expect(deliveries.map(({ delivery }) => delivery.messageId)).toEqual(['c', 'b']);
};
