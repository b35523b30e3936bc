import { readdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/domain/limits.js';
import type { ResolveName } from '../../src/lib/guarded-request.js';
import { isPublicAddress } from '../../src/lib/public-address.js';
import { createRemoteFiles } from '../../src/remote/remote-files.js';
import { bearer, makeKey } from '../support/keys.js';
import { alphaPng, newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

/** The part of loopback that stands for the public Internet; the rest of it is what must not be reached. */
const publicAddress = '127.0.0.1';
const privateAddress = '127.0.0.2';
const isAllowedAddress = (address: string): boolean => address === publicAddress;

/** What each name stands for, one list of addresses for each lookup; the last one stays. */
let names: Record<string, string[][]> = {};
const lookups: string[] = [];
const resolveName: ResolveName = (hostname, _options, done) => {
  lookups.push(hostname);
  const found = names[hostname];
  const addresses = found && found.length > 1 ? found.shift() : found?.[0];
  if (!addresses) {
    done(
      Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { syscall: 'getaddrinfo', code: 'ENOTFOUND' }),
      [],
    );
    return;
  }
  done(
    null,
    addresses.map((address) => ({ address, family: 4 })),
  );
};

type Respond = (request: IncomingMessage, response: ServerResponse) => void;
const asked: string[] = [];
let respond: Respond;
let host: Server;
let port: number;
let server: TestServer;

beforeAll(async () => {
  host = createServer((request, response) => {
    asked.push(`${request.socket.localAddress} ${request.method} ${request.headers.host} ${request.url}`);
    respond(request, response);
  });
  // on all of loopback: what is refused would be reached
  await new Promise<void>((resolve) => host.listen(0, '0.0.0.0', resolve));
  ({ port } = host.address() as AddressInfo);
  server = await startTestServer(
    {
      UPLOAD_HTTP_HOSTS: 'files.test,other.test,rebinding.test,mixed.test,inside.test,127.0.0.1,127.0.0.2,nowhere.test',
    },
    { isAllowedAddress, resolveName },
  );
});
afterAll(async () => {
  host.closeAllConnections();
  host.close();
  await server.close();
});
beforeEach(() => {
  names = {
    'files.test': [[publicAddress]],
    'other.test': [[publicAddress]],
    'inside.test': [[privateAddress]],
    'mixed.test': [[publicAddress, privateAddress]],
    'rebinding.test': [[publicAddress], [privateAddress]],
  };
  asked.length = 0;
  lookups.length = 0;
});
afterEach(async () => {
  // no failure leaves a file
  expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
});

const sends =
  (bytes: Uint8Array, headers: Record<string, string> = {}): Respond =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.byteLength, ...headers }).end(bytes);
  };

const document = `mutation($input: UploadImageInput!) { result: uploadImage(input: $input) {
  ... on UploadImagePayload { image { byteSize sha256 fileName mimeType } }
  ... on Error { __typename code message }
  ... on FetchFailedError { reason status }
  ... on InvalidInputError { issues { path message } } } }`;

const upload = async (url: string, on = server) => {
  const { data, errors } = await on.query(document, { input: { accountId, url } });
  expect(errors).toBeUndefined();
  return data.result;
};
const at = (name: string, path = '/a.jpg'): string => `http://${name}:${port}${path}`;

describe('an upload from a URL', () => {
  test('is the image of the file, with its name', async () => {
    const bytes = await newPhoto();
    respond = sends(bytes, { 'content-type': 'text/html' });
    const { image } = await upload(at('files.test', '/folder/caf%C3%A9%20photo.jpg?size=1#x'));
    expect(image).toMatchObject({ byteSize: bytes.byteLength, fileName: 'café photo.jpg', mimeType: 'image/jpeg' });
    expect(asked).toEqual([`${publicAddress} GET files.test:${port} /folder/caf%C3%A9%20photo.jpg?size=1`]);
  });

  test('sends nothing of the caller: no key, no cookie, no address', async () => {
    const bytes = await newPhoto();
    let headers: string[] = [];
    respond = (request, response) => {
      headers = Object.keys(request.headers);
      sends(bytes)(request, response);
    };
    await server.query(
      document,
      { input: { accountId, url: at('files.test') } },
      {
        authorization: 'Bearer a.b',
        cookie: 'a=b',
      },
    );
    expect(headers.toSorted()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  });

  test('follows redirects to other hosts', async () => {
    const bytes = await newPhoto();
    respond = (request, response) => {
      if (request.url === '/end') sends(bytes)(request, response);
      else response.writeHead(302, { location: request.url === '/a.jpg' ? at('other.test', '/next') : '/end' }).end();
    };
    expect((await upload(at('files.test'))).image.byteSize).toBe(bytes.byteLength);
    expect(asked.map((line) => line.split(' ').at(-1))).toEqual(['/a.jpg', '/next', '/end']);
  });

  test('in a batch has a result for each file', async () => {
    const bytes = await newPhoto();
    respond = (request, response) => {
      if (request.url === '/good') sends(bytes)(request, response);
      else response.writeHead(404).end();
    };
    const { data } = await server.query(
      `mutation($input: UploadImagesInput!) { results: uploadImages(input: $input) {
        ... on UploadImagePayload { image { byteSize } } ... on FetchFailedError { status } } }`,
      { input: { accountId, images: [{ url: at('files.test', '/bad') }, { url: at('files.test', '/good') }] } },
    );
    expect(data.results).toEqual([{ status: 404 }, { image: { byteSize: bytes.byteLength } }]);
  });

  test.each([
    ['none', {}],
    ['a URL and an uploadId', { url: 'https://files.test/a', uploadId: 'x' }],
  ])('%s of file, url and uploadId is refused, and nothing is asked', async (_case, input) => {
    const { data } = await server.query(document, { input: { accountId, ...input } });
    expect(data.result).toMatchObject({ issues: [{ message: 'Exactly one of file, url and uploadId is required.' }] });
    expect(lookups).toEqual([]);
  });

  test('needs the scope images.write of the account before anything is asked', async () => {
    const guarded = await startTestServer({ AUTH: 'keys' }, { isAllowedAddress, resolveName });
    try {
      const reader = await makeKey(guarded, { account: accountId, scopes: ['images.read'] });
      const input = { accountId, url: at('files.test') };
      const { data } = await guarded.query(document, { input }, bearer(reader));
      expect(data.result.code).toBe('FORBIDDEN');
      expect(lookups).toEqual([]);
    } finally {
      await guarded.close();
    }
  });

  test('with UPLOAD_FROM_URL=off is refused, nothing is asked, and limits.urlFetches is 0', async () => {
    const off = await startTestServer({ UPLOAD_FROM_URL: 'off' }, { isAllowedAddress, resolveName });
    try {
      expect(await upload('https://files.test/a.jpg', off)).toMatchObject({
        code: 'INVALID_INPUT',
        issues: [{ path: ['url'], message: expect.stringContaining('fetches no files') }],
      });
      expect(lookups).toEqual([]);
      expect((await off.query('{ limits { urlFetches } }')).data.limits.urlFetches).toBe(0);
    } finally {
      await off.close();
    }
  });
});

describe('nobody makes the server ask what only it can reach', () => {
  const hidden = 'its host does not exist, or is not on the public Internet';

  test.each(['inside.test', 'mixed.test', 'nowhere.test', privateAddress, '0x7f.2', '2130706434'])(
    '%s is not asked, and fails as an unknown name does',
    async (name) => {
      respond = sends(await newPhoto());
      const allHosts = createRemoteFiles({
        limits: defaultLimits,
        httpHosts: [new URL(at(name)).hostname],
        isAllowed: isAllowedAddress,
        resolve: resolveName,
      });
      await expect(allHosts.open(at(name))).rejects.toMatchObject({ reason: hidden, status: null });
      expect(asked).toEqual([]);
    },
  );

  test.each(['inside.test', 'mixed.test', privateAddress])('nor is %s behind a redirect', async (name) => {
    respond = (_request, response) => response.writeHead(307, { location: at(name, '/inside') }).end();
    expect(await upload(at('files.test'))).toMatchObject({ code: 'FETCH_FAILED', reason: hidden, status: null });
    expect(asked).toHaveLength(1);
  });

  test('a name that changes its address between the check and the connection is asked where it was checked', async () => {
    const bytes = await newPhoto();
    respond = sends(bytes);
    expect((await upload(at('rebinding.test'))).image.byteSize).toBe(bytes.byteLength);
    expect(lookups).toEqual(['rebinding.test']);
    expect(asked).toEqual([expect.stringContaining(`${publicAddress} GET`)]);
  });

  test('and is checked again when a redirect leads to it again', async () => {
    respond = (_request, response) => response.writeHead(302, { location: at('rebinding.test', '/b') }).end();
    expect(await upload(at('rebinding.test'))).toMatchObject({ reason: hidden });
    expect(lookups).toEqual(['rebinding.test', 'rebinding.test']);
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['http://plain.test/a.jpg', 'begins with http'],
    ['ftp://files.test/a.jpg', 'not at an https URL'],
    ['file:///etc/passwd', 'not at an https URL'],
    ['data:image/png;base64,AAAA', 'not at an https URL'],
    ['https://user:secret@files.test/a.jpg', 'a user name or a password'],
  ])('%s is refused, also behind a redirect, and says why without its secrets', async (url, reason) => {
    const direct = await upload(url);
    expect(direct).toMatchObject({ code: 'FETCH_FAILED', reason: expect.stringContaining(reason) });
    expect(direct.message).not.toContain('secret');
    expect(asked).toEqual([]);
    respond = (_request, response) => response.writeHead(302, { location: url }).end();
    expect(await upload(at('files.test'))).toMatchObject({ reason: expect.stringContaining(reason) });
    expect(asked).toHaveLength(1);
  });

  test('without an override only public addresses are asked', async () => {
    const real = createRemoteFiles({ limits: defaultLimits, httpHosts: ['127.0.0.1'], isAllowed: isPublicAddress });
    await expect(real.open(at('127.0.0.1'))).rejects.toMatchObject({ reason: hidden });
    expect(asked).toEqual([]);
  });
});

describe('a host that misbehaves costs bounded time, memory and disk', () => {
  /** A fetcher of the same kind with little time. */
  const impatient = () => startTestServer({ UPLOAD_HTTP_HOSTS: 'files.test' }, { isAllowedAddress, resolveName });

  test('redirects that do not end are left', async () => {
    respond = (request, response) => response.writeHead(302, { location: `${request.url}x` }).end();
    expect(await upload(at('files.test'))).toMatchObject({
      code: 'FETCH_FAILED',
      reason: 'stopped after too many redirects',
    });
    expect(asked).toHaveLength(1 + defaultLimits.urlFetchRedirects);
  });

  test('a file that announces too many bytes is not read', async () => {
    let written = 0;
    respond = (_request, response) => {
      response.writeHead(200, { 'content-length': defaultLimits.fileBytes + 1 });
      response.write(Buffer.alloc(1_024), () => {
        written += 1_024;
      });
    };
    expect(await upload(at('files.test'))).toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    expect(written).toBeLessThanOrEqual(1_024);
  });

  test('a file that goes on for ever is left once it is too large', async () => {
    const left = new Promise<void>((resolve) => {
      respond = (_request, response) => {
        const piece = Buffer.alloc(64 * 1_024);
        const more = (): void => {
          while (!response.destroyed && response.write(piece));
        };
        response
          .on('drain', more)
          .on('close', resolve)
          .on('error', () => undefined);
        more();
      };
    });
    expect(await upload(at('files.test'))).toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    await left;
  });

  test.each([
    ['never responds', () => undefined],
    [
      'sends one byte at a time',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ] as [string, Respond][])('a host that %s is left when the time is over', async (_case, behaviour) => {
    respond = behaviour;
    const limits = { ...defaultLimits, urlFetchSeconds: 0.4 };
    const remote = createRemoteFiles({
      limits,
      httpHosts: ['files.test'],
      isAllowed: isAllowedAddress,
      resolve: resolveName,
    });
    const read = async () => {
      const { stream } = await remote.open(at('files.test'));
      for await (const _piece of stream);
    };
    await expect(read()).rejects.toMatchObject({ reason: 'it took longer than 0.4 seconds' });
  });

  test.each([
    ['cut off', 'the connection ended before the file did', null],
    ['compressed', 'its host sent it with the encoding gzip', 200],
    ['partial', 'its host responded with the status 206', 206],
    ['missing', 'its host responded with the status 404', 404],
    ['no http', expect.stringMatching(/Parse Error|ended/), null],
  ])('a response that is %s is an error that says so', async (kind, reason, status) => {
    const bytes = await newPhoto();
    respond = (request, response) => {
      if (kind === 'cut off') {
        response.writeHead(200, { 'content-length': bytes.byteLength });
        response.write(bytes.subarray(0, 100), () => response.destroy());
      } else if (kind === 'compressed') sends(bytes, { 'content-encoding': 'gzip' })(request, response);
      else if (kind === 'no http') request.socket.end('hello\r\n\r\n');
      else response.writeHead(kind === 'partial' ? 206 : 404).end(bytes);
    };
    const result = await upload(at('files.test'));
    expect(result).toMatchObject({ __typename: 'FetchFailedError', code: 'FETCH_FAILED', status });
    expect(result.reason).toEqual(typeof reason === 'string' ? expect.stringContaining(reason) : reason);
  });

  test('what is no image is refused by the same inspection as a file', async () => {
    respond = sends(Buffer.from('<html>no image</html>'), { 'content-type': 'image/png' });
    expect(await upload(at('files.test'))).toMatchObject({ code: 'UNSUPPORTED_IMAGE' });
    respond = sends((await alphaPng({ width: 40, height: 40 })).subarray(0, 60));
    expect(await upload(at('files.test'))).toMatchObject({ code: 'CORRUPT_IMAGE' });
  });

  test('few files are fetched at a time, and other clients have their turn', async () => {
    const patient = await impatient();
    const held: ServerResponse[] = [];
    respond = (request, response) => {
      if (request.url === '/quick') response.writeHead(404).end();
      else held.push(response);
    };
    try {
      const waiting = Array.from({ length: 12 }, (_, index) => upload(at('files.test', `/slow-${index}`), patient));
      await expect.poll(() => held.length).toBe(defaultLimits.urlFetches);
      // nothing that is not fetched waits for it
      expect((await patient.query('{ limits { urlFetches } }')).data.limits.urlFetches).toBe(8);
      const done = Promise.all(waiting);
      const release = setInterval(() => {
        for (const response of held.splice(0)) response.writeHead(404).end();
      }, 10);
      await done;
      clearInterval(release);
      expect(asked.filter((line) => line.includes('/slow-'))).toHaveLength(12);
    } finally {
      await patient.close();
    }
  });
});
