import { Moov } from '@moovio/sdk';
import { expect, test, vi } from 'vitest';
import type { AccountId } from '../../src/domain/images/image.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { createMoovUpstream, moovHeaders } from '../../src/upstream/moov.js';
import type { ForeignItem } from '../../src/upstream/upstream.js';
import { UpstreamClient } from '../../src/upstream/upstream-client.js';
import { type ForeignApi, moovImages, moovKeys, moovToken, startMoov } from '../support/foreign-apis.js';
import { accountId } from '../support/test-server.js';

vi.setConfig({ testTimeout: 30_000 });

const upstreamAt = (
  { url: baseUrl }: ForeignApi,
  limits: Partial<typeof defaultLimits> = {},
  credentials: Parameters<typeof moovHeaders>[0] = moovKeys,
) => {
  const { signal } = new AbortController();
  const all = { ...defaultLimits, ...limits };
  const client = new UpstreamClient({ baseUrl, headers: () => moovHeaders(credentials), limits: all, signal });
  const spool = { receive: () => Promise.reject(new Error('No file is read here.')), discard: async () => undefined };
  return createMoovUpstream({ client, baseUrl, accountId: accountId as AccountId, spool, limits: all });
};

const listed = async (upstream: ReturnType<typeof upstreamAt>): Promise<ForeignItem[]> => {
  const items: ForeignItem[] = [];
  for await (const item of upstream.list()) items.push(item);
  return items;
};

test('a request that takes too long is tried again, and what fails at last says how long it took', async () => {
  const moov = await startMoov(accountId, await moovImages(1));
  let slow = 1;
  moov.intercept = () => slow-- > 0;
  expect(await listed(upstreamAt(moov, { upstreamSeconds: 1 }))).toHaveLength(1);
  expect(moov.requests).toHaveLength(3);
  slow = 10;
  const failed = listed(upstreamAt(moov, { upstreamSeconds: 1, upstreamAttempts: 2 }));
  await expect(failed).rejects.toThrow(/^GET http\S+ took longer than 1 seconds\.$/);
  expect(moov.requests).toHaveLength(5);
});

test('a list that never ends is read up to its limit, and one that trickles up to its time', async () => {
  const moov = await startMoov(accountId, []);
  moov.intercept = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const send = (): void => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
    };
    response.on('drain', send);
    send();
    return true;
  };
  const limits = { upstreamAttempts: 1, upstreamSeconds: 1 };
  await expect(listed(upstreamAt(moov, { ...limits, upstreamListBytes: 1_000_000 }))).rejects.toThrow(
    'responded with more than 1000000 bytes',
  );
  moov.intercept = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 50);
    response.on('close', () => clearInterval(timer));
    return true;
  };
  await expect(listed(upstreamAt(moov, limits))).rejects.toThrow('took longer than 1 seconds');
});

test('an access token authenticates as a pair of keys does, and a wrong one is named by its status alone', async () => {
  const moov = await startMoov(accountId, await moovImages(1));
  expect(await listed(upstreamAt(moov, {}, { accessToken: moovToken }))).toHaveLength(1);
  const refused = listed(upstreamAt(moov, {}, { accessToken: 'a-wrong-secret' }));
  await expect(refused).rejects.toThrow(/responded with 401\.$/);
  await expect(refused).rejects.not.toThrow('a-wrong-secret');
});

test("Moov's own SDK reads from the independent server what the import reads", async () => {
  const images = await moovImages(45);
  const [first] = images;
  if (first) first.altText = 'Ein rotes Fahrrad';
  const moov = await startMoov(accountId, images);
  const { publicKey: username, secretKey: password } = moovKeys;
  const sdk = new Moov({ serverURL: moov.url, security: { username, password } });
  const pages = await Promise.all(
    [0, 20, 40].map(async (skip) => (await sdk.images.list({ accountID: accountId, skip, count: 20 })).result),
  );
  const items = await listed(upstreamAt(moov));
  const read = items.map((item) => {
    const { kept = {}, altText = null } = 'image' in item ? item.image : {};
    const { id, publicId, createdOn, updatedOn } = kept;
    return { id, publicId, createdOn, updatedOn, altText };
  });
  expect(read).toEqual(
    pages.flat().map(({ imageID: id, publicID: publicId, createdOn, updatedOn, altText = null }) => ({
      ...{ id, publicId, createdOn, updatedOn, altText },
    })),
  );
  const { result } = await sdk.images.getMetadata({ accountID: accountId, imageID: first?.imageID ?? '' });
  const found = await upstreamAt(moov).find?.({ imageId: items[0]?.label as never });
  expect(found && 'image' in found && found.image.kept.publicId).toBe(result.publicID);
});
