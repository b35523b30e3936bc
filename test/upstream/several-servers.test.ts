import { expect, onTestFinished, test, vi } from 'vitest';
import { metalImage, metalKey, moovImages, moovKeys, startMetal, startMoov } from '../support/foreign-apis.js';
import { deleteImage } from '../support/image-operations.js';
import { usePostgresql } from '../support/postgresql.js';
import { useS3Bucket } from '../support/s3-bucket.js';
import { accountId, startTestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 120_000 });

const bucket = useS3Bucket();
const postgresql = usePostgresql();

test('two servers that are asked for the same images at once import each once, and neither brings back what the other deleted', async () => {
  const images = await moovImages(6);
  const moov = await startMoov(accountId, images);
  const id = 'alma-9.4.20260101';
  const metal = await startMetal([metalImage(id)]);
  const shared = {
    DATABASE_URL: await postgresql().createDatabase(),
    BLOB_STORE_URL: bucket.newUrl(),
    UPSTREAM_MOOV: moov.url,
    UPSTREAM_MOOV_PUBLIC_KEY: moovKeys.publicKey,
    UPSTREAM_MOOV_SECRET_KEY: moovKeys.secretKey,
    UPSTREAM_METAL: `${metal.url}/metal`,
    UPSTREAM_METAL_HMAC_KEY: metalKey,
  };
  const servers = [await startTestServer(shared), await startTestServer(shared)] as const;
  onTestFinished(async () => {
    for (const server of servers) await server.close();
  });
  const statuses = await Promise.all(
    servers.flatMap(({ url }) => [
      ...images.map(async ({ imageID }) => (await fetch(`${url}/accounts/${accountId}/images/${imageID}`)).status),
      (async () => (await fetch(`${url}/metal/v1/image/${id}`)).status)(),
    ]),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  const [first, second] = servers;
  const read = `{ images(accountId: "${accountId}") { totalCount nodes { id imageId } } metalImages { totalCount }
    changes(accountId: "${accountId}") { nodes { kind } } metalImageChanges { nodes { kind } } }`;
  const { data } = await second.query(read);
  expect(data).toMatchObject({ images: { totalCount: 6 }, metalImages: { totalCount: 1 } });
  const kinds = [...data.changes.nodes, ...data.metalImageChanges.nodes].map(({ kind }: { kind: string }) => kind);
  expect(kinds).toEqual(Array.from({ length: 7 }, () => 'CREATED'));
  const [gone] = data.images.nodes;
  await deleteImage(first, gone.id);
  moov.requests.length = 0;
  for (const { url } of servers) {
    expect((await fetch(`${url}/accounts/${accountId}/images/${gone.imageId}`)).status).toBe(404);
  }
  expect(moov.requests).toEqual([]);
});
