import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../../src/config.js';
import type { Credentials } from '../../src/domain/identity/api-key.js';
import { accountScopes, isAccountScope, type Scope, scopes } from '../../src/domain/identity/scope.js';
import { basic, bearer, makeKey, makeKeyOfEarlierVersion, makeRevokedKey, withWrongSecret } from '../support/keys.js';
import { photoJpeg } from '../support/sample-images.js';
import { runSql } from '../support/server-stores.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

interface TestImage {
  readonly imageId: string;
  readonly publicId: string;
}

interface RouteRow {
  readonly path: (image: TestImage) => string;
  /** The scope that it needs; null where it needs no key and looks at none. */
  readonly scope: Scope | null;
  /** The status for the key of another account with every scope. */
  readonly stranger: number;
  /** The status for the right key, where it is not 200. */
  readonly allowed?: number;
  /** A JSON body, if the route accepts one. */
  readonly json?: object;
  /** The ways to authenticate that a 401 offers, if not both. */
  readonly challenge?: string;
}

const consoleFiles = (): string[] =>
  readdirSync(new URL('../../dist/console', import.meta.url)).filter((name) => /\.(js|css)$/.test(name));

const original = ({ imageId }: TestImage) => `/accounts/${accountId}/images/${imageId}/original`;
const moovImages = () => `/accounts/${accountId}/images`;
const moovImage = ({ imageId }: TestImage) => `/accounts/${accountId}/images/${imageId}`;
const moovMetadata = (image: TestImage) => `${moovImage(image)}/metadata`;
/** The account's image at an address; for another account's key the error says that its own account has none there. */
const gleanImage = { path: () => '/rest/api/v1/images?type=LOGO', scope: 'images.read', stranger: 404 } as const;
const shownImage = { ...gleanImage, path: () => '/api/v1/images?type=LOGO' };
const bearerChallenge = 'Bearer realm="image-facade"';
const bothChallenges = `Basic realm="image-facade", ${bearerChallenge}`;
const publicImage = ({ publicId }: TestImage) => `/images/${publicId}`;
const namedImage = (image: TestImage) => `${publicImage(image)}/any%20name.jpg`;

/** Refused in the vendor's words: test/vendors/metal/access.test.ts asks each. */
const metalRoutes = ['/metal/v1', '/v1'].flatMap((base) =>
  [
    `GET ${base}/image`,
    `PUT ${base}/image`,
    `POST ${base}/image`,
    `POST ${base}/image/find`,
    `GET ${base}/image/:id`,
    `DELETE ${base}/image/:id`,
    `GET ${base}/image/:id/latest`,
    `GET ${base}/image/:id/query`,
  ].flatMap((route) => [route, `${route}/`]),
);

/** The console's page, and its files, whose names have a hash. */
const consolePaths = ['/console', ...consoleFiles().map((name) => `/console/${name}`)];

/** Every route. One without a row fails the test. */
const rows: Readonly<Record<string, RouteRow | 'elsewhere'>> = {
  'GET /images/:publicId': { path: publicImage, scope: null, stranger: 200 },
  'HEAD /images/:publicId': { path: publicImage, scope: null, stranger: 200 },
  'OPTIONS /images/:publicId': { path: publicImage, scope: null, stranger: 204, allowed: 204 },
  'GET /images/:publicId/:fileName': { path: namedImage, scope: null, stranger: 200 },
  'HEAD /images/:publicId/:fileName': { path: namedImage, scope: null, stranger: 200 },
  'OPTIONS /images/:publicId/:fileName': { path: namedImage, scope: null, stranger: 204, allowed: 204 },
  'GET /accounts/:accountId/images/:imageId/original': { path: original, scope: 'images.read', stranger: 403 },
  'HEAD /accounts/:accountId/images/:imageId/original': { path: original, scope: 'images.read', stranger: 403 },
  // the path is the permission: test/graphql/staged-uploads.test.ts
  'PUT /uploads/:accountId/:uploadId': 'elsewhere',
  'GET /': { path: () => '/', scope: null, stranger: 200 },
  'HEAD /': { path: () => '/', scope: null, stranger: 200 },
  ...Object.fromEntries(
    consolePaths.flatMap((path) =>
      ['GET', 'HEAD'].map((method) => [`${method} ${path}`, { path: () => path, scope: null, stranger: 200 }]),
    ),
  ),
  'GET /favicon.svg': { path: () => '/favicon.svg', scope: null, stranger: 200 },
  'GET /favicon.ico': { path: () => '/favicon.ico', scope: null, stranger: 200 },
  'GET /schema.graphql': { path: () => '/schema.graphql', scope: null, stranger: 200 },
  'HEAD /schema.graphql': { path: () => '/schema.graphql', scope: null, stranger: 200 },
  // refused with 405: test/graphql/transport-errors.test.ts
  'HEAD /graphql': 'elsewhere',
  'PUT /graphql': 'elsewhere',
  'PATCH /graphql': 'elsewhere',
  'DELETE /graphql': 'elsewhere',
  // a stream belongs to the key that reserved it: test/graphql/event-streams.test.ts
  'GET /graphql/stream': 'elsewhere',
  'PUT /graphql/stream': 'elsewhere',
  'POST /graphql/stream': 'elsewhere',
  'DELETE /graphql/stream': 'elsewhere',
  'GET /openapi.json': { path: () => '/openapi.json', scope: null, stranger: 200 },
  'GET /accounts/:accountID/images': { path: moovImages, scope: 'images.read', stranger: 403 },
  // 422: a form without an image, reported only to a caller that may upload
  'POST /accounts/:accountID/images': { path: moovImages, scope: 'images.write', stranger: 403, allowed: 422 },
  'GET /accounts/:accountID/images/:imageID': { path: moovImage, scope: 'images.read', stranger: 403 },
  'PATCH /accounts/:accountID/images/:imageID': { path: moovImage, scope: 'images.write', stranger: 403 },
  'PUT /accounts/:accountID/images/:imageID': { path: moovImage, scope: 'images.write', stranger: 403, allowed: 422 },
  'PUT /accounts/:accountID/images/:imageID/metadata': {
    path: moovMetadata,
    scope: 'images.write',
    stranger: 403,
    json: {},
  },
  'DELETE /accounts/:accountID/images/:imageID': {
    path: moovImage,
    scope: 'images.write',
    stranger: 403,
    allowed: 204,
  },
  'GET /health/live': { path: () => '/health/live', scope: null, stranger: 200 },
  'GET /health/ready': { path: () => '/health/ready', scope: null, stranger: 200 },
  'GET /metrics': { path: () => '/metrics', scope: null, stranger: 200 },
  // keys are their bodies' business: test/vendors/moov/oauth.test.ts
  'POST /oauth2/token': 'elsewhere',
  'POST /oauth2/revoke': 'elsewhere',
  ...Object.fromEntries(metalRoutes.map((route) => [route, 'elsewhere' as const])),
  'GET /rest/api/v1/images': { ...gleanImage, challenge: bearerChallenge },
  'HEAD /rest/api/v1/images': { ...gleanImage, challenge: bearerChallenge },
  'GET /api/v1/images': { ...shownImage, challenge: bearerChallenge },
  'HEAD /api/v1/images': { ...shownImage, challenge: bearerChallenge },
  // 400: no image, reported only to a caller that may upload
  'POST /rest/api/v1/uploadimage': {
    path: () => '/rest/api/v1/uploadimage?type=UGC',
    scope: 'images.write',
    stranger: 400,
    allowed: 400,
    challenge: bearerChallenge,
  },
  // its fields have a table of their own: test/graphql/access-rows.ts
  'GET /graphql': 'elsewhere',
  'POST /graphql': 'elsewhere',
  'OPTIONS /graphql': 'elsewhere',
};

const routes: string[] = [];
let server: TestServer;
let image: TestImage;
let keys: Record<'owner' | 'stranger' | 'revoked', Credentials>;
beforeAll(async () => {
  server = await startTestServer(
    { AUTH: 'keys', FAILED_AUTHENTICATIONS_MAX: '0' },
    { onRoute: ({ method, url }) => routes.push(...[method].flat().map((name) => `${name} ${url}`)) },
  );
  keys = {
    owner: await makeKey(server, { account: accountId, scopes: accountScopes }),
    stranger: await makeKeyOfEarlierVersion(server, { account: 'ffffffff-0000-4000-8000-000000000000', scopes }),
    revoked: await makeRevokedKey(server, { account: accountId, scopes: accountScopes }),
  };
  const { data } = await server.upload(
    'mutation($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { imageId publicId } } } }',
    { input: { accountId, file: null } },
    { 'input.file': await photoJpeg() },
    bearer(keys.owner),
  );
  image = data.uploadImage.image;
  await fetch(`${server.url}/rest/api/v1/uploadimage?type=LOGO`, {
    method: 'POST',
    headers: bearer(keys.owner),
    body: new Uint8Array(await photoJpeg()),
  });
});
afterAll(() => server.close());

const keyWith = (granted: readonly Scope[]) =>
  makeKey(server, { account: granted.every(isAccountScope) ? accountId : null, scopes: granted });

test('every route has a row', () => {
  expect(
    routes.filter((route) => !(route in rows)),
    'Say in test/http/access.test.ts who may use these routes',
  ).toEqual([]);
  expect(
    Object.keys(rows).filter((route) => !routes.includes(route)),
    'These rows are of no route',
  ).toEqual([]);
});

describe.each(Object.entries(rows).filter((entry): entry is [string, RouteRow] => entry[1] !== 'elsewhere'))(
  '%s',
  (route, { path, scope, stranger, allowed = 200, json, challenge = bothChallenges }) => {
    const [method = ''] = route.split(' ');
    const type = json && { 'content-type': 'application/json' };
    const call = (headers: Record<string, string> = {}) =>
      fetch(server.url + path(image), {
        method,
        headers: { ...type, ...headers },
        ...(json ? { body: JSON.stringify(json) } : {}),
      });
    const refusal = scope ? 401 : allowed;

    test(`without a key: ${refusal}`, async () => expect((await call()).status).toBe(refusal));

    test.each([
      ['a wrong secret', () => bearer(withWrongSecret(keys.owner))],
      ['a revoked key', () => basic(keys.revoked)],
      ['something else', () => ({ authorization: 'Digest username="x"' })],
    ])(`with %s: ${refusal}`, async (_name, headers) => {
      const response = await call(headers());
      expect(response.status).toBe(refusal);
      expect(response.headers.get('www-authenticate')).toBe(scope ? challenge : null);
    });

    test(`with the key of another account: ${stranger}`, async () => {
      expect((await call(bearer(keys.stranger))).status).toBe(stranger);
    });

    test(`with a key of no fitting scope: ${scope ? 403 : allowed}`, async () => {
      const unfit = scopes.filter((granted) => granted !== scope && granted !== 'admin');
      expect((await call(bearer(await keyWith(unfit)))).status).toBe(scope ? 403 : allowed);
    });

    test(`with the right key: ${allowed}`, async () => {
      const key = await keyWith(scope ? [scope] : []);
      expect((await call(basic(key))).status).toBe(allowed);
      expect((await call(bearer(key))).status).toBe(allowed);
    });
  },
);

test("another account's original is forbidden with the same words as one that does not exist", async () => {
  const wordsFor = async (account: string, imageId: string) => {
    const response = await fetch(`${server.url}/accounts/${account}/images/${imageId}/original`, {
      headers: bearer(keys.stranger),
    });
    return `${response.status} ${await response.text()}`.replaceAll(account, '*').replaceAll(imageId, '*');
  };
  const unknown = '00000000-0000-4000-8000-000000000000';
  expect(await wordsFor(accountId, image.imageId)).toBe(await wordsFor(unknown, unknown));
  // under the stranger's own account
  const own = 'ffffffff-0000-4000-8000-000000000000';
  expect(await wordsFor(own, image.imageId)).toBe(await wordsFor(own, unknown));
});

test('keys that cannot be read are an error of the server, which reveals nothing of it', async () => {
  const broken = await startTestServer({ AUTH: 'keys' });
  const headers = bearer(await makeKey(broken, { account: null, scopes }));
  await runSql(broken.config, 'DROP TABLE "ApiKey"');
  for (const path of [original(image), '/graphql?query=%7B__typename%7D']) {
    const response = await fetch(broken.url + path, { headers });
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).toContain('The server failed.');
    expect(text).not.toContain('ApiKey');
  }
  await broken.close();
});

describe('a server that asks for no key', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', 'images.example.com'])('does not start on %s', (host) => {
    expect(() => parseConfig({ HOST: host })).toThrow(ConfigError);
    expect(() => parseConfig({ HOST: host, AUTH: 'open' })).toThrow(`HOST=${host}`);
    expect(parseConfig({ HOST: host, AUTH: 'keys' })).toMatchObject({ host, auth: 'keys' });
  });
});

test.each([
  ['keys', '0.0.0.0', 200],
  ['open', '127.0.0.1', 403],
])(
  'a server with AUTH=%s starts on %s and responds to a request for a foreign name with %i',
  async (auth, host, status) => {
    const other = await startTestServer({ AUTH: auth, HOST: host });
    const headers = { host: 'images.example.com', accept: 'application/json' };
    const request = get(`${other.url}/graphql?query=%7B__typename%7D`, { headers });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.resume().statusCode).toBe(status);
    await other.close();
  },
);
