import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer } from '../support/test-server.js';

const script = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url));

const demo = (url: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [script, '--server', url, ...args]).then(({ stdout }) => stdout);

const everything = `{
  images(accountId: "${accountId}", first: 200) { nodes { mimeType hasAlpha frameCount width height metadata { altText } } }
  metalImages { nodes { imageId isExpired usedBy } }
}`;

test('the demo shows every kind of image, may run twice, and takes away only what it brought', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  await server.upload(
    'mutation ($input: UploadImageInput!) { uploadImage(input: $input) { __typename } }',
    { input: { accountId, file: null, metadata: { altText: 'My own' } } },
    { 'input.file': await newPhoto() },
  );
  const created = await server.query(
    'mutation ($input: CreateMetalImageInput!) { createMetalImage(input: $input) { __typename } }',
    { input: { imageId: 'demo-ubuntu-30.04.1', url: 'https://images.example.com/own.tar' } },
  );
  expect(created.data.createMetalImage.__typename).toBe('CreateMetalImagePayload');

  const first = await demo(server.url);
  expect(await demo(server.url)).toBe(first);
  const { data } = await server.query(everything);
  const images: { mimeType: string; hasAlpha: boolean; frameCount: number; metadata: { altText: string | null } }[] =
    data.images.nodes;
  expect(images.length).toBeGreaterThan(15);
  expect(new Set(images.map(({ mimeType }) => mimeType)).size).toBe(3);
  expect(images.some(({ frameCount }) => frameCount > 1)).toBe(true);
  expect(images.some(({ hasAlpha }) => hasAlpha)).toBe(true);
  for (const altText of [null, '']) expect(images.some(({ metadata }) => metadata.altText === altText)).toBe(true);
  const metal: { isExpired: boolean; usedBy: string[] }[] = data.metalImages.nodes;
  expect(metal.some(({ isExpired }) => isExpired)).toBe(true);
  expect(metal.some(({ usedBy }) => usedBy.length > 0)).toBe(true);

  await demo(server.url, '--remove');
  const { data: left } = await server.query(everything);
  expect(left.images.nodes).toEqual([expect.objectContaining({ metadata: { altText: 'My own' } })]);
  expect(left.metalImages.nodes).toEqual([expect.objectContaining({ imageId: 'demo-ubuntu-30.04.1' })]);
}, 120_000);

test('without a server it says how to start one', async () => {
  await expect(demo('http://127.0.0.1:9')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('npm start'),
  });
});
