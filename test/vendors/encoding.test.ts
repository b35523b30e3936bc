import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { multipartBody, multipartType } from '../graphql/uploads/multipart-body.js';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ GLEAN_ACCOUNT_ID: accountId });
});
afterAll(() => server.close());

const send = async (method: string, path: string, type: string, body: Buffer | null) => {
  const response = await fetch(server.url + path, {
    method,
    headers: { 'content-type': type },
    ...(body ? { body: new Uint8Array(body) } : {}),
  });
  return { status: response.status, text: await response.text() };
};
/** In Latin-1, so that é is no UTF-8. */
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const images = `/accounts/${accountId}/images`;

describe('text that is not UTF-8 is refused by every vendor with a 400 that says so:', () => {
  test.each<[string, string, string, string, () => Promise<Buffer | null>]>([
    [
      "metal's create",
      'PUT',
      '/metal/v1/image',
      'application/json',
      async () => latin1('{"id":"x-1","url":"u","name":"é"}'),
    ],
    [
      "metal's update",
      'POST',
      '/metal/v1/image',
      'application/json',
      async () => latin1('{"id":"x-1","description":"é"}'),
    ],
    [
      "metal's find",
      'POST',
      '/metal/v1/image/find',
      'application/json; charset=iso-8859-1',
      async () => latin1('{"name":"é"}'),
    ],
    [
      "Moov's metadata in a form",
      'POST',
      images,
      multipartType,
      async () =>
        multipartBody([
          { name: 'metadata', body: latin1('{"altText":"é"}'), type: 'application/json; charset=utf-8' },
          { name: 'image', fileName: 'a.png', type: 'image/png', body: await newPhoto() },
        ]),
    ],
    [
      "Moov's metadata on its own",
      'PUT',
      `${images}/3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb/metadata`,
      'application/json',
      async () => latin1('{"altText":"é"}'),
    ],
    [
      'a token request in JSON',
      'POST',
      '/oauth2/token',
      'application/json',
      async () => latin1('{"grant_type":"client_credentials","scope":"é"}'),
    ],
    [
      'a token request as a form',
      'POST',
      '/oauth2/token',
      'application/x-www-form-urlencoded',
      async () => latin1('grant_type=client_credentials&scope=é'),
    ],
    [
      'a token request with escapes',
      'POST',
      '/oauth2/token',
      'application/x-www-form-urlencoded',
      async () => latin1('grant_type=client_credentials&scope=%E9'),
    ],
    ["Glean's query of an upload", 'POST', '/rest/api/v1/uploadimage?type=UGC&id=%E9', 'image/*', () => newPhoto()],
    ["Glean's query of a get", 'GET', '/rest/api/v1/images?type=UGC&id=%E9', 'image/*', async () => null],
    ["Glean's query for browsers", 'GET', '/api/v1/images?type=UGC&id=%ED%A0%80', 'image/*', async () => null],
  ])('%s', async (_case, method, path, type, body) => {
    const { status, text } = await send(method, path, type, await body());
    expect([status, text]).toEqual([400, expect.stringContaining('valid UTF-8')]);
    expect(text).not.toContain('\ufffd');
  });

  test('and nothing of it was stored', async () => {
    for (const path of ['/metal/v1/image', images]) expect(await (await fetch(server.url + path)).json()).toEqual([]);
  });

  test('while text beyond ASCII is stored as it is', async () => {
    const text = 'é \u{1f41e} \ufffd';
    const created = await send(
      'PUT',
      '/metal/v1/image',
      'application/json',
      Buffer.from(JSON.stringify({ id: 'y-1', url: 'u', name: text })),
    );
    expect(JSON.parse(created.text)).toMatchObject({ name: text });
    const uploaded = await send(
      'POST',
      images,
      multipartType,
      multipartBody([
        { name: 'metadata', body: JSON.stringify({ altText: text }) },
        { name: 'image', fileName: 'a.png', type: 'image/png', body: await newPhoto() },
      ]),
    );
    expect(JSON.parse(uploaded.text)).toMatchObject({ altText: text });
    const put = await send(
      'PUT',
      `${images}/${JSON.parse(uploaded.text).imageID}/metadata`,
      'application/json',
      Buffer.from(JSON.stringify({ altText: `${text}!` })),
    );
    expect(JSON.parse(put.text)).toMatchObject({ altText: `${text}!` });
    const query = `type=UGC&id=${encodeURIComponent(text)}`;
    const glean = await send('POST', `/rest/api/v1/uploadimage?${query}`, 'image/*', await newPhoto());
    expect(JSON.parse(glean.text)).toMatchObject({ metadata: { id: text } });
    expect((await fetch(`${server.url}/rest/api/v1/images?${query}`)).status).toBe(200);
  });
});
