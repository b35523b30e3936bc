import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../src/domain/limits.js';
import { isPublicAddress } from '../../../src/lib/public-address.js';
import { createUrlProbe } from '../../../src/vendors/metal/url-probe.js';
import { createMetalImage } from '../../support/metal-operations.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';
import { failure, type MetalClient, openMetalClient, outcome } from './metal-client.js';

const isHere = (address: string): boolean => address === '127.0.0.1' || address === '::1';

const asked: string[] = [];
const listener: RequestListener = (request, response) => {
  asked.push(`${request.method} ${request.url}`);
  const [, kind = '', argument = ''] = /^\/([a-z]*)\/?(.*)$/.exec(request.url ?? '') ?? [];
  if (kind === 'never') return;
  if (kind === 'broken') {
    request.socket.destroy();
    return;
  }
  if (kind === 'to') response.writeHead(302, { location: decodeURIComponent(argument) });
  else if (kind === 'loop') response.writeHead(301, { location: `/loop/${Number(argument) + 1}` });
  else response.statusCode = Number(kind === 'status' ? argument : 200);
  response.end();
};

let target: Server;
let base: string;
beforeAll(async () => {
  target = createServer(listener);
  await new Promise<void>((resolve) => target.listen(0, '0.0.0.0', resolve));
  base = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
});
afterAll(() => {
  target.closeAllConnections();
  target.close();
});

describe('the check of a URL', () => {
  const limits = { ...defaultLimits, metalUrlSeconds: 0.5 };
  const faultOf = (url: string, isAllowed = isHere) => createUrlProbe({ limits, isAllowed }).faultOf(url);

  test('requests by HEAD, and accepts every status below 400', async () => {
    asked.length = 0;
    for (const status of [200, 204, 304]) expect(await faultOf(`${base}/status/${status}`)).toBeUndefined();
    expect(asked).toEqual(['HEAD /status/200', 'HEAD /status/204', 'HEAD /status/304']);
  });

  test.each([
    [404, 'status:404 Not Found'],
    [400, 'status:400 Bad Request'],
    [503, 'status:503 Service Unavailable'],
  ])('refuses %i', async (status, fault) => {
    expect(await faultOf(`${base}/status/${status}`)).toBe(fault);
  });

  test('follows redirects, be they relative or not, and judges what is behind them', async () => {
    expect(await faultOf(`${base}/to/${encodeURIComponent('/status/200')}`)).toBeUndefined();
    expect(await faultOf(`${base}/to/${encodeURIComponent(`${base}/status/410`)}`)).toBe('status:410 Gone');
  });

  test('ends redirects that do not end', async () => {
    asked.length = 0;
    expect(await faultOf(`${base}/loop/0`)).toBe('error:stopped after too many redirects');
    expect(asked).toHaveLength(1 + limits.metalUrlRedirects);
  });

  test.each([
    ['ftp://example.com/x', 'ftp'],
    ['file:///etc/passwd', 'file'],
    ['images/x', ''],
    ['http://', ''],
  ])('refuses %s, also as the end of a redirect', async (url, scheme) => {
    expect(await faultOf(url)).toBe(`error:unsupported protocol scheme "${scheme}"`);
    if (scheme) expect(await faultOf(`${base}/to/${encodeURIComponent(url)}`)).toContain(`scheme "${scheme}"`);
  });

  test('reports a server that does not respond, not in time, or not by HTTP', async () => {
    expect(await faultOf(`${base}/never`)).toBe('error:no response within 0.5 seconds');
    expect(await faultOf(`${base}/broken`)).toMatch(/^error:.+/);
    expect(await faultOf('http://this.domain.does.not.exist/')).toMatch(/^error:.+/);
    // nothing listens there
    expect(await faultOf('http://127.0.0.1:1/')).toMatch(/^error:.*ECONNREFUSED/);
    expect(await faultOf('http://localhost:1/')).toMatch(/^error:.*ECONNREFUSED/);
    expect(await faultOf(base.replace('http:', 'https:'))).toMatch(/^error:.+/);
  });

  describe('lets nobody ask what only this machine can reach', () => {
    const refused = 'error:the host is not on the public Internet';

    test.each([
      '127.0.0.1',
      'localhost',
      '2130706433',
      '0x7f.1',
      '0',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[64:ff9b::7f00:1]',
      '169.254.169.254',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '[fd00::1]',
      '[fe80::1]',
      '[2002:7f00:1::]',
      '224.0.0.1',
      '255.255.255.255',
    ])('%s', async (host) => {
      asked.length = 0;
      expect(await faultOf(`http://${host}:${new URL(base).port}/`, isPublicAddress)).toBe(refused);
      expect(asked).toEqual([]);
    });

    test('nor by a redirect', async () => {
      asked.length = 0;
      const there = base.replace('127.0.0.1', '127.0.0.2');
      expect(await faultOf(`${base}/to/${encodeURIComponent(`${there}/status/200`)}`)).toBe(refused);
      expect(asked).toHaveLength(1);
    });

    test.each(['1.1.1.1', '93.184.216.34', '2606:4700::1111', '172.32.0.1', '100.128.0.1'])(
      'but what is public is: %s',
      (address) => expect(isPublicAddress(address)).toBe(true),
    );
    test.each(['', 'localhost', 'fe80::1%eth0', '::', '::ffff:1.1.1.1'])('and %j is not', (address) => {
      expect(isPublicAddress(address)).toBe(false);
    });
  });
});

describe('with METAL_URL_CHECK=on', () => {
  let server: TestServer;
  let metal: MetalClient;
  beforeAll(async () => {
    server = await startTestServer({ METAL_URL_CHECK: 'on' }, { isAllowedAddress: isHere });
    metal = await openMetalClient(server);
    await metal.create('there-1', { url: `${base}/status/200` });
  });
  afterAll(() => server.close());

  test('an image is made only with a URL that answers', async () => {
    const url = `${base}/status/404`;
    const expected = failure(400, `image:new-1 is not accessible under:${url} status:404 Not Found`);
    expect(outcome(await metal.create('new-1', { url }))).toEqual(expected);
    // before the check whether the id is taken
    expect((await metal.create('there-1', { url })).body.message).toContain('is not accessible under');
    const unknown = 'http://this.domain.does.not.exist/';
    const { body } = await metal.create('new-1', { url: unknown });
    expect(body.message).toContain(`image:new-1 is not accessible under:${unknown} error:`);
    expect((await metal.create('new-1', { url: `${base}/status/200` })).status).toBe(201);
  });

  test('a URL is checked when it is set, also to what it was, and not otherwise', async () => {
    const url = `${base}/status/404`;
    const refused = failure(400, `image:there-1 is not accessible under:${url} status:404 Not Found`);
    expect(outcome(await metal.call('POST', '', { id: 'there-1', url }))).toEqual(refused);
    asked.length = 0;
    expect((await metal.call('POST', '', { id: 'there-1', url: `${base}/status/200` })).status).toBe(200);
    expect((await metal.call('POST', '', { id: 'there-1', name: 'x' })).status).toBe(200);
    expect(asked).toEqual(['HEAD /status/200']);
  });

  test('nothing is asked for an image that is refused anyway', async () => {
    asked.length = 0;
    await metal.create('new', { url: `${base}/status/200` });
    await metal.create('new-2', { url: `${base}/status/200`, classification: 'x' });
    await metal.call('POST', '', { id: 'none-1', url: `${base}/status/200` });
    expect(asked).toEqual([]);
  });

  test('the same holds by GraphQL', async () => {
    const url = `${base}/status/404`;
    expect(await createMetalImage(server, 'graph-1', { url })).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['url'], message: 'The URL must be one that the server can fetch: status:404 Not Found' }],
    });
  });

  test('what is not public is refused', async () => {
    const strict = await startTestServer({ METAL_URL_CHECK: 'on' });
    const { body } = await (await openMetalClient(strict)).create('new-1', { url: base });
    expect(body.message).toBe(
      `image:new-1 is not accessible under:${base} error:the host is not on the public Internet`,
    );
    await strict.close();
  });
});
