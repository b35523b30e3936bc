import { expect, test } from 'vitest';
import { graphqlClient } from '../support/graphql-client.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/sample-images.js';
import { startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';

const starts = 20;

test('no start, no main job and no stop of a server on one data folder crashes, twenty times in a row', {
  timeout: 300_000,
}, async () => {
  const folder = await useTempFolder();
  const uploaded: string[] = [];
  for (let start = 0; start < starts; start += 1) {
    const server = await startServerProcess({ DATA_DIR: folder });
    const client = graphqlClient(server.url);
    uploaded.push((await uploadImage(client, await photoJpeg({ width: 320 + start, height: 240 }))).sha256);
    const { data } = await client.query(
      `{ images(accountId: "${accountId}", first: 50) { nodes { sha256 url(transform: { width: 100 }) } } }`,
    );
    expect(data.images.nodes.map(({ sha256 }: { sha256: string }) => sha256).toReversed()).toEqual(uploaded);
    const variant = await fetch(data.images.nodes[0].url);
    expect({ status: variant.status, type: variant.headers.get('content-type') }).toEqual({
      status: 200,
      type: 'image/jpeg',
    });
    await variant.arrayBuffer();
    server.signal('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  }
});
