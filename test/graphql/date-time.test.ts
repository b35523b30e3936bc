import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uploadImage } from '../support/image-operations.js';
import { newPhoto } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const accountId = randomUUID();
const uploadedOn = '2026-03-04T05:06:07.123Z';
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({}, { now: () => new Date(uploadedOn) });
  await uploadImage(server, await newPhoto(), undefined, accountId);
});
afterAll(() => server.close());

const count = async (range: string, variables: Record<string, unknown> = {}) => {
  const declared = Object.keys(variables)
    .map((name) => `, $${name}: DateTime`)
    .join('');
  const document = `query($accountId: UUID!${declared}) { images(accountId: $accountId, filter: ${range}) { totalCount nodes { id } } }`;
  const { data, errors } = await server.query(document, { accountId, ...variables });
  if (errors) return errors[0]?.message;
  expect(data.images.nodes).toHaveLength(data.images.totalCount);
  return data.images.totalCount;
};

describe('the ends of a span of time mean what they say', () => {
  test.each([
    ['2026-03-04T05:06:07.122Z', 1, 0],
    ['2026-03-04T05:06:07.122999999Z', 1, 0],
    ['2026-03-04T05:06:07.123Z', 1, 1],
    ['2026-03-04T05:06:07.123000Z', 1, 1],
    ['2026-03-04T06:06:07.1230000000+01:00', 1, 1],
    ['2026-03-04T05:06:07.123000001Z', 0, 1],
    ['2026-03-04T05:06:07.123456Z', 0, 1],
    ['2026-03-04T07:06:07.1231+02:00', 0, 1],
    ['2026-03-04T05:06:07.124Z', 0, 1],
  ])('an image of .123 and the end %s: %i as the lower one, %i as the upper one', async (end, fromIt, untilIt) => {
    for (const field of ['createdOn', 'updatedOn']) {
      expect(await count(`{ ${field}: { min: "${end}" } }`)).toBe(fromIt);
      expect(await count(`{ ${field}: { max: "${end}" } }`)).toBe(untilIt);
      expect(await count(`{ ${field}: { min: $end } }`, { end })).toBe(fromIt);
      expect(await count(`{ ${field}: { max: $end } }`, { end })).toBe(untilIt);
    }
  });
});

describe('a time that cannot be stored is refused wherever it comes in', () => {
  test.each([
    '0000-01-01T00:00:00Z',
    '0000-12-31T23:59:59.999Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
  ])('%s', async (time) => {
    const refusal = expect.stringContaining('years 0001 to 9999');
    expect(await count(`{ createdOn: { min: "${time}" } }`)).toEqual(refusal);
    expect(await count('{ updatedOn: { max: $time } }', { time })).toEqual(refusal);
    const create = await server.query(
      'mutation($time: DateTime) { createMetalImage(input: { imageId: "dated-1", url: "u", expirationDate: $time }) { __typename } }',
      { time },
    );
    expect(create.errors?.[0]?.message).toEqual(refusal);
  });

  test.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'])('%s is none of them', async (time) => {
    expect(await count('{ createdOn: { min: $time, max: $time } }', { time })).toBe(0);
  });
});
