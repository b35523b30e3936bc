import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bearer, makeKey } from '../support/keys.js';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer } from '../support/test-server.js';
import { launchChromium } from './launch-chromium.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** The code of the section, with a subscription in place of its dots. */
const documentedCode = async (): Promise<string> => {
  const page = await readFile(new URL('../../docs/identity.md', import.meta.url), 'utf8');
  const [, code = ''] = /\n## EventSource\n[^#]*?\n```js\n(.*?)\n```\n/s.exec(page) ?? [];
  return code.replace('subscription { ... }', 'subscription { imageChanged { kind } }');
};

test("the code of docs/identity.md receives changes by the browser's own EventSource, with no key in a URL", async () => {
  const server = await startTestServer({ AUTH: 'keys' });
  onTestFinished(() => server.close());
  const { id, secret } = await makeKey(server, { account: accountId, scopes: ['images.read'] });
  const writer = bearer(await makeKey(server, { account: accountId, scopes: ['images.write'] }));
  const page = await browser.newPage();
  onTestFinished(() => page.context().close());
  const requests: { url: string; type: string }[] = [];
  page.on('request', (request) => requests.push({ url: request.url(), type: request.resourceType() }));
  const received: string[] = [];
  page.on('console', (message) => received.push(message.text()));
  await page.exposeFunction('receive', (text: string) => received.push(text));
  await page.goto(`${server.url}/health/live`);
  const code = (await documentedCode()).replace('console.log(JSON.parse(data))', 'receive(data)');
  await page.evaluate(`(async () => { const id = '${id}', secret = '${secret}'; ${code} })()`);
  await expect
    .poll(
      async () => {
        await server.upload(
          'mutation ($input: UploadImageInput!) { uploadImage(input: $input) { __typename } }',
          { input: { file: null } },
          { 'input.file': await newPhoto() },
          writer,
        );
        return received;
      },
      { timeout: 15_000 },
    )
    .toContainEqual('{"id":"1","payload":{"data":{"imageChanged":{"kind":"CREATED"}}}}');
  expect(requests.filter(({ type }) => type === 'eventsource')).toEqual([
    { url: expect.stringMatching(/\/graphql\/stream\?token=[\w-]+$/), type: 'eventsource' },
  ]);
  expect(requests.map(({ url }) => url).join()).not.toContain(secret);
});
