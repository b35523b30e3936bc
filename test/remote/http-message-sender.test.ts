import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { ResolveName } from '../../src/lib/guarded-request.js';
import { createHttpMessageSender } from '../../src/remote/http-message-sender.js';

const never = new AbortController().signal;
const publicAddress = '127.0.0.1';

/** A server that responds by HTTP, or with whatever is written to the socket. */
const listen = async (respond: RequestListener | ((socket: Socket) => void), isHttp = true) => {
  const seen = { connections: 0, sockets: new Set<Socket>() };
  const server = isHttp
    ? createServer(respond as RequestListener)
    : createTcpServer(respond as (socket: Socket) => void);
  server.on('connection', (socket: Socket) => {
    seen.connections += 1;
    seen.sockets.add(socket);
    // one that nothing reads from would not notice that the other side is gone
    if (!isHttp) socket.resume();
    socket.on('error', () => undefined).once('close', () => seen.sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of seen.sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, seen };
};

/** A sender for which one address alone is public. Each look-up has the next of the addresses, the last ones again and again. */
const senderOn = (...found: string[][]) => {
  const lookedUp: string[] = [];
  const resolve: ResolveName = (hostname, _options, done) => {
    lookedUp.push(hostname);
    const addresses = found[Math.min(lookedUp.length, found.length) - 1] ?? [];
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  const isAllowed = (address: string) => address === publicAddress;
  return { sender: createHttpMessageSender({ allowsHttp: true, isAllowed, resolve }), lookedUp };
};

const ok: RequestListener = (_request, response) => void response.writeHead(204).end();
const messageTo = (url: string) => ({ url, headers: {}, body: '{}' });
const refusal = { status: null, failure: 'the host is not on the public Internet', retryAfterSeconds: null };

test('a name is looked up once for each message, and the connection is made to the very address that was judged', async () => {
  const { port, seen } = await listen(ok);
  const { sender, lookedUp } = senderOn([publicAddress]);
  for (const _ of [1, 2]) {
    expect(await sender.post(messageTo(`http://hooks.example:${port}/`), 5, never)).toMatchObject({ status: 204 });
  }
  expect(lookedUp).toEqual(['hooks.example', 'hooks.example']);
  expect(seen.connections).toBe(2);
});

test('a name that is rebound to a private address is refused from then on, and no connection is made', async () => {
  const { port, seen } = await listen(ok);
  const { sender } = senderOn(
    [publicAddress],
    ['127.0.0.2'],
    ['10.0.0.1'],
    ['::1'],
    [publicAddress, '169.254.169.254'],
  );
  const url = `http://hooks.example:${port}/`;
  expect(await sender.post(messageTo(url), 5, never)).toMatchObject({ status: 204 });
  for (const _ of [1, 2, 3, 4]) expect(await sender.post(messageTo(url), 5, never)).toEqual(refusal);
  expect(seen.connections).toBe(1);
});

test('a failure contains no address of the network of the server', async () => {
  const { port } = await listen(ok);
  const closed = port + 1;
  for (const address of ['10.1.2.3', publicAddress]) {
    const { failure } = await senderOn([address]).sender.post(messageTo(`http://hooks.example:${closed}/`), 5, never);
    expect(failure).not.toMatch(/10\.1\.2\.3|127\.0\.0\.1/);
  }
});

test('redirects are not followed, also not to the same host', async () => {
  const paths: (string | undefined)[] = [];
  const { port } = await listen((request, response) => {
    paths.push(request.url);
    response.writeHead(Number(request.url?.slice(1)), { location: '/stolen' }).end();
  });
  const { sender } = senderOn([publicAddress]);
  for (const status of [301, 302, 303, 307, 308]) {
    expect(await sender.post(messageTo(`http://hooks.example:${port}/${status}`), 5, never)).toMatchObject({
      status,
      failure: `status ${status}: redirects are not followed`,
    });
  }
  expect(paths).toEqual(['/301', '/302', '/303', '/307', '/308']);
});

/** What hostile receivers send after the request, in pieces for as long as the connection lasts. */
const drip = (socket: Socket, head: string, piece: string, everyMs: number): void => {
  socket.on('error', () => undefined).write(head);
  const timer = setInterval(() => socket.write(piece), everyMs);
  socket.once('close', () => clearInterval(timer));
};

test.each([
  ['drips a status line', (socket: Socket) => drip(socket, 'HTTP/1.1 200 ', 'O', 50)],
  ['drips headers', (socket: Socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', 'a: b\r\n', 100)],
  ['drips interim responses', (socket: Socket) => drip(socket, '', 'HTTP/1.1 102 Processing\r\n\r\n', 50)],
  ['says nothing', () => undefined],
])('a receiver that %s has the time of a response and no more', async (_case, respond) => {
  const { port, seen } = await listen(respond, false);
  const beganAtMs = performance.now();
  const outcome = await senderOn([publicAddress]).sender.post(messageTo(`http://hooks.example:${port}/`), 1, never);
  expect(outcome).toEqual({ status: null, failure: 'no response within 1 seconds', retryAfterSeconds: null });
  expect(performance.now() - beganAtMs).toBeGreaterThan(900);
  await expect.poll(() => seen.sockets.size).toBe(0);
});

test('headers without an end fail as soon as they are too large', async () => {
  const { port, seen } = await listen(
    (socket: Socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', `a: ${'b'.repeat(10_000)}\r\n`, 1),
    false,
  );
  const outcome = await senderOn([publicAddress]).sender.post(messageTo(`http://hooks.example:${port}/`), 30, never);
  expect(outcome).toMatchObject({ status: null, failure: 'the connection failed (HPE_HEADER_OVERFLOW)' });
  await expect.poll(() => seen.sockets.size).toBe(0);
});

test.each([
  ['dripped', 'x', 20],
  ['without an end', 'x'.repeat(100_000), 1],
])('a body that is %s is not read: the status counts, and the connection ends', async (_case, piece, everyMs) => {
  let sent = 0;
  const { port, seen } = await listen((_request, response) => {
    response.writeHead(200).flushHeaders();
    const timer = setInterval(() => {
      sent += piece.length;
      response.write(piece);
    }, everyMs);
    response.once('close', () => clearInterval(timer));
  });
  const { sender } = senderOn([publicAddress]);
  expect(await sender.post(messageTo(`http://hooks.example:${port}/`), 5, never)).toMatchObject({
    status: 200,
    failure: null,
  });
  await expect.poll(() => seen.sockets.size).toBe(0);
  const sentByThen = sent;
  await sleep(200);
  expect(sent).toBe(sentByThen);
});

test('an abort ends a request that waits, and rejects', async () => {
  const { port, seen } = await listen(() => undefined, false);
  const abort = new AbortController();
  const sending = senderOn([publicAddress]).sender.post(messageTo(`http://hooks.example:${port}/`), 30, abort.signal);
  await expect.poll(() => seen.connections).toBe(1);
  abort.abort();
  await expect(sending).rejects.toThrow();
  await expect.poll(() => seen.sockets.size).toBe(0);
});
