import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { outputFormats } from '../../src/domain/images/image.js';
import { hostileImages } from '../fixtures/hostile-images.js';
import { uploadImage } from '../support/image-operations.js';
import { decode } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
afterEach(async () => expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]));

/** What every format of the image looks like at 48 pixels of width. */
const variantOf = async (id: string, format: string) => {
  const { data } = await server.query(
    `query($id: ID!, $transform: ImageTransform) { image(by: { id: $id }) { variant(transform: $transform) { url width height mimeType } } }`,
    { id, transform: { width: 48, format: format.toUpperCase() } },
  );
  return data.image.variant;
};

test.each(hostileImages)('%s: the stated error, or the image in every format', async (_trait, make, outcome) => {
  const bytes = await make();
  const result = await uploadImage(server, bytes);
  if (typeof outcome === 'string') {
    expect(result).toMatchObject({ code: outcome, message: expect.stringMatching(/^[^/\\<>]{20,}$/) });
    return;
  }
  expect(result).toMatchObject({ __typename: 'Image', byteSize: bytes.length, ...outcome });
  for (const format of outputFormats) {
    const { url, width, height, mimeType } = await variantOf(result.id, format);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(mimeType);
    const served = Buffer.from(await response.arrayBuffer());
    expect(served.includes('script')).toBe(false);
    expect(await decode(served)).toMatchObject({ width, height });
  }
});
