import { GleanCore } from '@gleanwork/api-client/core.js';
import { HTTPClient } from '@gleanwork/api-client/lib/http.js';
import { GleanError } from '@gleanwork/api-client/models/errors/gleanerror.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bearer, makeKey } from '../../support/keys.js';
import { documentedFetch } from '../../support/openapi-responses.js';
import { photoJpeg, plainPng } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';
import { spooledFiles } from './glean-client.js';
import { sdkImages } from './sdk-images.js';

let server: TestServer;
let apiToken: string;
beforeAll(async () => {
  server = await startTestServer({ AUTH: 'keys' });
  const key = bearer(await makeKey(server, { account: accountId, scopes: ['images.read', 'images.write'] }));
  apiToken = key.authorization.slice('Bearer '.length);
});
afterAll(() => server.close());

const openImages = async (token: string, actAs: Record<string, string> = {}, fetcher?: typeof fetch) => {
  const httpClient = new HTTPClient({ fetcher: fetcher ?? (await documentedFetch(server.url)) });
  return sdkImages(new GleanCore({ apiToken: token, serverURL: server.url, httpClient }), actAs);
};
const bytesOf = async (stream: ReadableStream<Uint8Array>) => Buffer.from(await new Response(stream).arrayBuffer());
const failureOf = (work: Promise<unknown>): Promise<GleanError> =>
  work.then(
    () => expect.fail('it succeeded'),
    (error) => error,
  );
/** What the types of `fetch` take for a body. */
const newPhoto = async () => new Uint8Array(await photoJpeg());
const keyOf = (url: string) => new URL(url).searchParams.get('key') ?? '';

describe('the SDK, with only its server URL changed', () => {
  test.each<[string, (photo: Uint8Array<ArrayBuffer>) => BodyInit]>([
    ['bytes', (photo) => photo],
    ['an ArrayBuffer', (photo) => photo.slice().buffer],
    ['a Blob', (photo) => new Blob([photo], { type: 'image/png' })],
    ['a stream', (photo) => new Blob([photo]).stream()],
  ])('uploads %s and gets it back by key and by address', async (name, bodyOf) => {
    const images = await openImages(apiToken);
    const photo = await newPhoto();
    const place = { type: 'UGC', id: `${name} & more`, ds: 'GALLERY', cid: '1/2' };
    const { url, metadata } = await images.upload(bodyOf(photo), place);
    expect(metadata).toEqual({ ...place, ext: '.jpg' });
    expect((await bytesOf(await images.get({ key: keyOf(url) }))).equals(photo)).toBe(true);
    expect((await bytesOf(await images.get(place))).equals(photo)).toBe(true);
    expect(await spooledFiles(server)).toEqual([]);
  });

  test('sends empty parameters and act-as headers of both generations', async () => {
    for (const name of ['X-Scio-Actas', 'X-Glean-ActAs']) {
      const images = await openImages(apiToken, { [name]: 'ada@example.com', 'X-Glean-Auth-Type': 'OAUTH' });
      const { metadata } = await images.upload(await newPhoto(), { type: 'USER', id: 'ada', ds: '', cid: '' });
      expect(metadata).toEqual({ type: 'USER', id: 'ada', ext: '.jpg' });
      expect((await bytesOf(await images.get({ key: '', type: 'USER', id: 'ada', ds: '' }))).length).toBeGreaterThan(0);
    }
  });

  test('uploads without any parameter, and gets the image back by the url', async () => {
    const images = await openImages(apiToken);
    const photo = new Uint8Array(await plainPng({ width: 9, height: 9 }, [3, 2, 1]));
    const { url, metadata } = await images.upload(photo);
    expect(metadata).toMatchObject({ type: 'UGC', id: expect.any(String) });
    const key = `${new URL(url).searchParams.get('key')}`;
    expect(new Uint8Array(await new Response(await images.get({ key })).arrayBuffer())).toEqual(photo);
  });

  test('meets its own error with the status and the problem as text', async () => {
    const images = await openImages(apiToken);
    const photo = new Uint8Array(await plainPng({ width: 9, height: 9 }, [1, 2, 3]));
    const stranger = await openImages('not-a-key');
    for (const [work, status, code] of [
      [() => images.get(), 400, 'missing_required_field'],
      [() => images.get({ key: 'x', type: 'UGC' }), 400, 'invalid_parameter'],
      [() => images.upload(photo, { type: 'UGC', id: 'x'.repeat(513) }), 400, 'invalid_parameter'],
      [() => images.upload(Buffer.from('words'), { type: 'UGC' }), 400, 'invalid_request'],
      [() => images.get({ type: 'UGC', id: 'nothing' }), 404, 'resource_not_found'],
      [() => images.upload(new Uint8Array(17 * 1024 * 1024), { type: 'UGC' }), 413, 'request_too_large'],
      [() => stranger.get({ type: 'UGC' }), 401, 'authentication_required'],
      [() => stranger.upload(photo, { type: 'UGC' }), 401, 'authentication_required'],
    ] as const) {
      const failure = await failureOf(work());
      expect(failure).toBeInstanceOf(GleanError);
      expect([failure.statusCode, JSON.parse(failure.body)]).toEqual([status, expect.objectContaining({ code })]);
    }
  });

  test('tries again after a 429, and without a retry reports it with the time to wait', async () => {
    const busy = await startTestServer({ GLEAN_ACCOUNT_ID: accountId, RATE_LIMIT_MAX: '1' });
    const statuses: number[] = [];
    // in place of a minute's wait, the second try goes to a server that has room
    const images = await openImages(apiToken, {}, async (input, init) => {
      const request = new Request(input, init);
      const target = statuses.length === 1 ? request : new Request(request.url.replace(server.url, busy.url), request);
      const response = await fetch(target);
      statuses.push(response.status);
      return response;
    });
    await fetch(`${busy.url}/rest/api/v1/images?type=UGC`);
    const retries = {
      strategy: 'backoff' as const,
      backoff: { initialInterval: 1, maxInterval: 5, exponent: 1.1, maxElapsedTime: 10_000 },
    };
    const { metadata } = await images.upload(await newPhoto(), { type: 'UGC', id: 'again' }, { retries });
    expect([statuses, metadata?.id]).toEqual([[429, 200], 'again']);

    const failure = await failureOf(images.get({ type: 'UGC' }));
    expect(failure).toBeInstanceOf(GleanError);
    expect([failure.statusCode, JSON.parse(failure.body).code]).toEqual([429, 'rate_limit_exceeded']);
    expect(Number(failure.headers.get('retry-after'))).toBeGreaterThan(0);
    await busy.close();
  });

  test('shares its images with GraphQL', async () => {
    const images = await openImages(apiToken);
    const { url } = await images.upload(await newPhoto(), { type: 'ICON', id: 'ticket', ds: 'jira-1' });
    const query = 'query($by: ImageBy!) { image(by: $by) { metadata { address { type entityId ds } } } }';
    const { data } = await server.query(
      query,
      { by: { key: { accountId, key: keyOf(url) } } },
      { authorization: `Bearer ${apiToken}` },
    );
    expect(data.image.metadata.address).toEqual({ type: 'ICON', entityId: 'ticket', ds: 'jira-1' });
  });
});
