import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { graphqlClient } from '../../support/graphql-client.js';
import { newPhoto, noisePng, photoJpeg, plainPng, truncated } from '../../support/sample-images.js';
import { startServerProcess } from '../../support/server-process.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { accountId, startTestServer } from '../../support/test-server.js';
import { launchChromium } from '../launch-chromium.js';
import { fileOf, openConsole, openPage } from './open-console.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const countImages = 'query ($accountId: UUID) { images(accountId: $accountId, first: 0) { totalCount } }';

interface Counted {
  mostAtOnce?: number;
}

/** Runs in the page: how many XMLHttpRequests are under way at once. */
const countRequests = (): void => {
  let running = 0;
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (body): void {
    running += 1;
    const counted = globalThis as Counted;
    counted.mostAtOnce = Math.max(counted.mostAtOnce ?? 0, running);
    this.addEventListener('readystatechange', () => {
      if (this.readyState === XMLHttpRequest.DONE) running -= 1;
    });
    send.call(this, body);
  };
};

const photos = (count: number): Promise<Buffer[]> =>
  Promise.all(
    Array.from({ length: count }, (_, index) => plainPng({ width: 30, height: 20 + index }, [index, 90, 40])),
  );

test('50 files with two bad ones: 48 are uploaded, the two say why, and at most three are sent at a time', async () => {
  const { server, page } = await openConsole(browser);
  const good = (await photos(48)).map((bytes, index) => fileOf(`good-${index}.png`, bytes));
  const files = [
    ...good.slice(0, 20),
    fileOf('notes.png', Buffer.from('no image at all')),
    ...good.slice(20, 40),
    fileOf('broken.jpg', truncated(await photoJpeg(), 0.5), 'image/jpeg'),
    ...good.slice(40),
  ];
  await page.addInitScript(countRequests);
  await page.reload();
  await page.getByLabel('Files to upload').setInputFiles(files);
  await page.getByRole('region', { name: 'Uploads' }).getByText('50 of 50 files, 2 refused').waitFor();
  const outcomeOf = (name: string) => page.getByRole('listitem').filter({ hasText: name });
  expect(await outcomeOf('notes.png').textContent()).toMatch(/PNG|JPEG|WebP/);
  expect(await outcomeOf('broken.jpg').textContent()).toMatch(/damaged|decoded|end/i);
  expect((await server.query(countImages, { accountId })).data.images.totalCount).toBe(48);
  expect(await page.evaluate(() => (globalThis as Counted).mostAtOnce)).toBe(3);
  await expect
    .poll(() => page.locator('[aria-live=polite]').textContent())
    .toBe('Upload finished: 48 of 50 files, 2 refused.');
});

test('a file that the account has already leads to the image that is there', async () => {
  const { page } = await openConsole(browser);
  const bytes = await newPhoto();
  const input = page.getByLabel('Files to upload');
  await input.setInputFiles(fileOf('first.png', bytes));
  await page.getByRole('link', { name: 'Uploaded' }).waitFor();
  await input.setInputFiles(fileOf('second.png', bytes));
  await page.getByRole('link', { name: 'this image' }).click();
  await page.getByRole('dialog').getByText('Use it').waitFor();
});

test('dropped and pasted files are uploaded, and one that is over the limit is not even sent', async () => {
  const { server, page } = await openConsole(browser);
  await page.getByText('This account has no images yet').waitFor();
  const give = (type: 'drop' | 'paste', bytes: Buffer, name: string): Promise<void> =>
    page.evaluate(
      ([kind, base64, fileName]) => {
        const file = new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], fileName, {
          type: 'image/png',
        });
        const transfer = new DataTransfer();
        transfer.items.add(file);
        const options = { bubbles: true, cancelable: true };
        document.body.dispatchEvent(
          kind === 'drop'
            ? new DragEvent('drop', { ...options, dataTransfer: transfer })
            : new ClipboardEvent('paste', { ...options, clipboardData: transfer }),
        );
      },
      [type, bytes.toString('base64'), name] as const,
    );
  await give('drop', await newPhoto(), 'dropped.png');
  await give('paste', await newPhoto(), 'pasted.png');
  await page.getByRole('region', { name: 'Uploads' }).getByText('2 of 2 files').waitFor();
  expect((await server.query(countImages, { accountId })).data.images.totalCount).toBe(2);
  await give('drop', Buffer.alloc(16_777_217), 'huge.png');
  await page.getByText('The file has 16.8 MB; at most 16.8 MB are accepted.').waitFor();
});

test('a server that goes away and comes back gets all files, each once', async () => {
  const { server, page } = await openConsole(browser, { expectsFaults: true });
  await page.getByText('This account has no images yet').waitFor();
  const files = (await photos(8)).map((bytes, index) => fileOf(`${index}.png`, bytes));
  let requests = 0;
  // the first three never arrive; the response of the fourth is lost although the server has the file
  await page.route('**/graphql', async (route) => {
    if (!route.request().headers()['content-type']?.startsWith('multipart/')) return route.continue();
    requests += 1;
    if (requests <= 3) return route.abort('connectionrefused');
    if (requests === 4) {
      await route.fetch();
      return route.abort('connectionreset');
    }
    return route.continue();
  });
  await page.getByLabel('Files to upload').setInputFiles(files);
  await page.getByText('It is tried again by itself.').first().waitFor();
  await page.getByRole('region', { name: 'Uploads' }).getByText('8 of 8 files').waitFor();
  expect(await page.getByRole('link', { name: 'Uploaded' }).count()).toBe(8);
  expect((await server.query(countImages, { accountId })).data.images.totalCount).toBe(8);
});

test('a server that is killed during uploads and started again has all files, each once', async () => {
  const variables = { DATA_DIR: await useTempFolder() };
  const killed = await startServerProcess(variables);
  const { page } = await openPage(browser, `${killed.url}/console`, { expectsFaults: true });
  await page.getByText('This account has no images yet').waitFor();
  const devtools = await page.context().newCDPSession(page);
  const slow = { offline: false, latency: 10, downloadThroughput: 1_000_000, uploadThroughput: 150_000 };
  await devtools.send('Network.emulateNetworkConditions', slow);
  const files = await Promise.all(
    Array.from({ length: 10 }, async (_, index) =>
      fileOf(`${index}.png`, await noisePng({ width: 150, height: 150 + index })),
    ),
  );
  await page.getByLabel('Files to upload').setInputFiles(files);
  await page.getByRole('link', { name: 'Uploaded' }).first().waitFor();
  killed.signal('SIGKILL');
  await killed.ended;
  await page.getByText('It is tried again by itself.').first().waitFor();
  expect(await page.getByRole('link', { name: 'Uploaded' }).count()).toBeLessThan(10);
  const { url } = await startServerProcess({ ...variables, PORT: new URL(killed.url).port });
  await page.getByRole('region', { name: 'Uploads' }).getByText('10 of 10 files').waitFor();
  expect(await page.getByRole('link', { name: 'Uploaded' }).count()).toBe(10);
  expect((await graphqlClient(url).query(countImages, { accountId })).data.images.totalCount).toBe(10);
  // the list, which lost its stream, has them too
  await expect.poll(() => page.locator('.image-tile').count()).toBe(10);
});

test('on a slow network the bar moves, and a file can be cancelled', async () => {
  const { server, page } = await openConsole(browser, { expectsFaults: true });
  await page.getByText('This account has no images yet').waitFor();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 100,
    downloadThroughput: 1_000_000,
    uploadThroughput: 40_000,
  });
  await page
    .getByLabel('Files to upload')
    .setInputFiles(fileOf('slow.png', Buffer.concat([await newPhoto(), Buffer.alloc(400_000)])));
  const bar = page.getByRole('progressbar', { name: 'Progress of slow.png' });
  await expect
    .poll(() => bar.evaluate((element: HTMLProgressElement) => element.value), { timeout: 20_000 })
    .toBeGreaterThan(0.1);
  await page.getByRole('button', { name: 'Cancel slow.png' }).click();
  await page.getByText('The upload was cancelled.').waitFor();
  expect((await server.query(countImages, { accountId })).data.images.totalCount).toBe(0);
});

test('a name of markup and an alternative text of markup stay text', async () => {
  const { page, server } = await openConsole(browser);
  const markup = '<img src=x onerror="document.title=`broken`"><script>document.title=1</script>';
  const { data } = await server.upload(
    'mutation ($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { imageId } } } }',
    { input: { accountId, file: null, metadata: { altText: markup } } },
    { 'input.file': await newPhoto() },
  );
  await page
    .getByLabel('Files to upload')
    .setInputFiles(fileOf(`${markup.replaceAll('/', '')}.png`, Buffer.from('nothing')));
  await page.getByRole('region', { name: 'Uploads' }).getByText('1 refused').waitFor();
  await page.locator('.upload-panel-name', { hasText: 'onerror' }).waitFor();
  await page.locator('.image-tile .alt-text', { hasText: markup }).waitFor();
  const named = '<img src=x onerror=document.title=1>';
  await page.getByLabel('Files to upload').setInputFiles(fileOf(`${named}.png`, await newPhoto()));
  await page.locator('.image-tile-name', { hasText: named }).waitFor();
  await page.getByLabel('View').selectOption('Table');
  await page.getByRole('cell', { name: named }).first().waitFor();
  await page.goto(`${server.url}/console#/images/${accountId}/${data.uploadImage.image.imageId}`);
  await page.reload();
  await page.getByRole('heading', { name: markup }).waitFor();
  await page.getByRole('textbox', { name: '<img>' }).waitFor();
  expect(await page.title()).toBe('image-facade');
});

test('an image is uploaded from a URL by the keyboard alone, and a failure says why', async () => {
  const bytes = await newPhoto();
  const files = createServer((request, response) => {
    if (request.url === '/bicycle.png') response.end(bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void files.close());
  const { port } = files.address() as AddressInfo;
  const server = await startTestServer({ UPLOAD_HTTP_HOSTS: '127.0.0.1' }, { isAllowedAddress: () => true });
  onTestFinished(() => server.close());
  const { page } = await openPage(browser, `${server.url}/console`);

  await page.getByRole('button', { name: 'From a URL' }).focus();
  for (const [name, outcome] of [
    ['bicycle.png', 'Uploaded'],
    ['missing.png', 'its host responded with the status 404'],
  ] as const) {
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Upload from a URL' }).waitFor();
    await page.keyboard.type(`http://127.0.0.1:${port}/${name}`);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('.upload-panel li', { hasText: name }).getByText(outcome).waitFor();
  }
  await page.getByRole('region', { name: 'Uploads' }).getByText('2 of 2 files, 1 refused').waitFor();
  const { data } = await server.query('{ accounts { nodes { imageCount } } }');
  expect(data.accounts.nodes).toEqual([{ imageCount: 1 }]);
});

test('a server that fetches no files does not offer it', async () => {
  const { page } = await openConsole(browser, { variables: { UPLOAD_FROM_URL: 'off' } });
  await page.getByRole('button', { name: 'Upload images' }).first().waitFor();
  expect(await page.getByRole('button', { name: 'From a URL' }).count()).toBe(0);
});
