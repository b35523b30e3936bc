import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { UploadResult } from '../../examples/upload-with-progress.js';
import { runIn } from '../support/documented-project.js';
import { newAccount } from '../support/image-accounts.js';
import { noisePng } from '../support/sample-images.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { launchChromium } from './launch-chromium.js';

/** What the page does with the example; it runs in the browser. */
interface Outcome {
  readonly result?: UploadResult;
  readonly error?: string;
  readonly sent: readonly number[];
  readonly total: number;
}

let server: TestServer;
let site: Server;
let browser: Browser;
let page: Page;
let bytes: Buffer;
let accountId: string;

const application = `<!doctype html><title>An application</title>
<script type="module">
  import { uploadWithProgress } from './upload-with-progress.js';
  Object.assign(globalThis, { uploadWithProgress });
</script>`;

/** A page of another origin that loads the example, as an application has it. */
const serveExample = async (folder: string): Promise<Server> => {
  const source = resolve(import.meta.dirname, '../../examples/upload-with-progress.ts');
  await runIn(folder, `tsc ${source} --ignoreConfig --outDir . --target es2023 --module esnext --strict`);
  const script = await readFile(join(folder, 'upload-with-progress.js'));
  const listening = createServer(({ url }, response) => {
    if (url === '/upload-with-progress.js') response.setHeader('content-type', 'text/javascript').end(script);
    else if (url === '/file') response.end(bytes);
    else response.setHeader('content-type', 'text/html').end(application);
  });
  await once(listening.listen(0, '127.0.0.1'), 'listening');
  return listening;
};

const originOf = (listening: Server) => `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;

beforeAll(async () => {
  const folder = await makeTempFolder();
  [site, browser, bytes] = await Promise.all([
    serveExample(folder.path),
    launchChromium(),
    noisePng({ width: 2000, height: 1600 }),
  ]);
  await folder.remove();
  server = await startTestServer({ CORS_ORIGINS: originOf(site) });
});
afterAll(async () => {
  await browser.close();
  site.close();
  await server.close();
});
beforeEach(async () => {
  accountId = newAccount();
  page = await browser.newPage();
  await page.goto(originOf(site));
});

/** Uploads the file in the page, and ends the upload after `abortAt` bytes if that is given. */
const upload = (endpoint: string, abortAt = Number.POSITIVE_INFINITY): Promise<Outcome> =>
  page.evaluate(
    async ({ endpoint, accountId, abortAt }) => {
      const uploadWithProgress: typeof import('../../examples/upload-with-progress.js')['uploadWithProgress'] =
        Reflect.get(globalThis, 'uploadWithProgress');
      const file = await (await fetch('/file')).blob();
      const sent: number[] = [];
      let total = 0;
      const controller = new AbortController();
      const onProgress = (sentBytes: number, totalBytes: number) => {
        sent.push(sentBytes);
        total = totalBytes;
        if (sentBytes >= abortAt) controller.abort();
      };
      const { signal } = controller;
      return uploadWithProgress(endpoint, { accountId, file }, { onProgress, signal }).then(
        (result) => ({ result, sent, total }),
        (error: Error) => ({ error: `${error.name}: ${error.message}`, sent, total }),
      );
    },
    { endpoint, accountId, abortAt },
  );

const throttle = async (bytesPerSecond: number): Promise<void> => {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  });
};

const imageCount = async (): Promise<number> =>
  (await server.query(`{ images(accountId: "${accountId}") { totalCount } }`)).data.images.totalCount;

test('progress goes up to the size of the form, and the result is the image', async () => {
  await throttle(4_000_000);
  const { result, sent, total } = await upload(`${server.url}/graphql`);
  expect(result).toMatchObject({ __typename: 'UploadImagePayload', image: { width: 2000, height: 1600 } });
  expect(total).toBeGreaterThan(bytes.length);
  expect(total).toBeLessThan(bytes.length + 2_000);
  expect(sent.length).toBeGreaterThan(2);
  expect(sent).toEqual(sent.toSorted((a, b) => a - b));
  expect(sent.at(-1)).toBe(total);
  expect(await imageCount()).toBe(1);
});

test('a failure that the user caused is a result', async () => {
  await upload(`${server.url}/graphql`);
  expect((await upload(`${server.url}/graphql`)).result).toMatchObject({
    __typename: 'DuplicateImageError',
    code: 'DUPLICATE_IMAGE',
    existing: { width: 2000 },
  });
});

test('a file beyond the limit is a result too, and not a broken connection', async () => {
  const small = bytes;
  bytes = Buffer.concat([bytes, Buffer.alloc(20_000_000)]);
  try {
    expect((await upload(`${server.url}/graphql`)).result).toMatchObject({ __typename: 'ImageTooLargeError' });
  } finally {
    bytes = small;
  }
});

test('an upload that is ended stores nothing', async () => {
  await throttle(2_000_000);
  const { error } = await upload(`${server.url}/graphql`, 100_000);
  expect(error).toMatch(/^AbortError/);
  expect(await imageCount()).toBe(0);
});

test('a server that is out of reach, or refuses the request, is an error', async () => {
  expect((await upload('http://127.0.0.1:9/graphql')).error).toContain('cannot be reached');
  expect((await upload(`${server.url}/nowhere`)).error).toContain('404');
});
