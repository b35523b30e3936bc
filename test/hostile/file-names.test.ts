import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inflatingChunk, pngFile } from '../fixtures/png-file.js';
import { map, multipartBody, multipartType, operations, type Part } from '../graphql/uploads/multipart-body.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const query = `mutation($file: File!) {
  uploadImage(input: { accountId: "${accountId}", file: $file }) { __typename ... on UploadImagePayload { image { mimeType metadata { altText } } } } }`;

let count = 0;
const uploadAs = async (part: Partial<Part>) => {
  count += 1;
  const body = pngFile({ width: 9, height: 9, chunks: [inflatingChunk('zTXt', count)] });
  const parts = [operations({ query, variables: { file: null } }), map(), { name: '0', body, fileName: 'a', ...part }];
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': multipartType, 'apollo-require-preflight': '1' },
    body: new Uint8Array(multipartBody(parts)),
  });
  return { status: response.status, body: await response.text() };
};

/** Every file below the data folder, except for the blobs under their hashes, the store's identity, and SQLite's files. */
const otherFiles = async (): Promise<string[]> =>
  (await readdir(server.dataFolder, { recursive: true, withFileTypes: true }))
    .filter(
      (entry) =>
        entry.isFile() &&
        !/^(?:[0-9a-f]{64}|store\.json|(?:state|lock)\.db(?:\.lock)?(?:-\w+)?|originals\.lock(?:-\w+)?)$/.test(
          entry.name,
        ),
    )
    .map((entry) => entry.name);

test.each([
  ['a path out of the folder', '../../../../etc/passwd'],
  ['a path of Windows', 'C:\\Windows\\system32\\config'],
  ['an absolute path', '/etc/cron.d/x'],
  ['a path that was escaped', '..%2f..%2fx'],
  ['a device', 'con.png'],
  ['the end of a string', 'photo.png\0.php'],
  ['control characters', 'a\x01\x1b[31m\x7f\x08.png'],
  ['a page', '<script>alert(1)</script>.svg'],
  ['a shell command', '$(reboot);`reboot`|reboot'],
  ['what reads backwards', 'gnp\u202egnp.exe'],
  ['another type', 'photo.html'],
  ['half a character', 'a\ud800.png'],
  ['seven thousand characters', 'x'.repeat(7_000)],
  ['nothing', ''],
])('a file whose name is %s is what its bytes are, and its name is nowhere on the disk', async (_case, fileName) => {
  const { status, body } = await uploadAs({ fileName, type: 'text/html' });
  expect(status).toBe(200);
  expect(JSON.parse(body).data.uploadImage).toEqual({
    __typename: 'UploadImagePayload',
    image: { mimeType: 'image/png', metadata: { altText: null } },
  });
  expect(await otherFiles()).toEqual([]);
});

test.each([
  ['a megabyte of a name', { fileName: 'x'.repeat(1024 * 1024) }],
  ['a name that ends its line', { fileName: 'a"\r\nContent-Disposition: form-data; name="map"\r\nx: "' }],
  ['a megabyte of a type', { type: `image/${'x'.repeat(1024 * 1024)}` }],
])('%s is a request that is refused or taken, with nothing left', async (_case, part) => {
  const { status } = await uploadAs(part);
  expect([200, 400]).toContain(status);
  expect(await otherFiles()).toEqual([]);
});
