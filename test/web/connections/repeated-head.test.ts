import { once } from 'node:events';
import { createServer, type RequestListener, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { RepeatedHead } from '../../../src/web/connections/repeated-head.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const headers = ['etag', '"a"', 'cache-control', 'public, max-age=300', 'vary', 'Accept'];
const bodyOf = (path: string | undefined): string => (path ?? '').slice(1);

/** What a client that sends all of it at once receives until the connection ends. */
const exchange = async (handle: RequestListener, sent: string): Promise<string> => {
  const server: Server = createServer(handle).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  socket.write(sent);
  await once(socket, 'close');
  return received;
};

/** Responds by a repeated head, and as Node does, to the same requests with the same ids. */
const bothWays = (status: 200 | 304, sent: string): Promise<[string, string]> => {
  const repeated = new RepeatedHead(status, headers);
  const respond = (write: (response: ServerResponse, id: string, length?: number) => ServerResponse) => {
    let count = 0;
    const listener: RequestListener = ({ url }, response) => {
      const body = bodyOf(url);
      count += 1;
      const id = `00000000-0000-4000-8000-00000000000${count}`;
      if (status === 304) write(response, id).end();
      else write(response, id, body.length).end(Buffer.from(body));
    };
    return exchange(listener, sent);
  };
  return Promise.all([
    respond((response, id, length) => repeated.write(response, id, length)),
    respond((response, id, length) =>
      response.writeHead(status, [
        ...headers,
        ...(length === undefined ? [] : ['content-length', String(length)]),
        ...['x-request-id', id],
      ]),
    ),
  ]);
};

const get = (body: string, version = '1.1', connection = ''): string =>
  `GET /${body} HTTP/${version}\r\nHost: localhost\r\n${connection && `Connection: ${connection}\r\n`}\r\n`;
const last = get('last', '1.1', 'close');

const requests = {
  'one after the other on a connection': get('one') + get('two') + get('six') + last,
  'of other lengths in between': get('one') + get('three') + get('three') + get('one') + last,
  'of which one closes the connection': get('one') + get('two') + last,
  'of HTTP/1.0': get('one', '1.0'),
  'of HTTP/1.0 that keep the connection': get('one', '1.0', 'keep-alive') + get('two', '1.0', 'keep-alive') + last,
};

for (const [name, sent] of Object.entries(requests)) {
  test.each([200, 304] as const)(`requests ${name} get what Node would send, with status %i`, async (status) => {
    // both are in the same second
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-01T10:00:00.500Z') });
    const [repeated, byNode] = await bothWays(status, sent);
    const withoutDate = (text: string) => text.replaceAll(/(?<=Date: )[^\r]+/g, '');
    expect(withoutDate(repeated)).toBe(withoutDate(byNode));
    expect(repeated).toContain(`HTTP/1.1 ${status}`);
  });
}

test('Node writes the first head of a kind only, and each has its own date', async () => {
  const writeHead = vi.spyOn(ServerResponse.prototype, 'writeHead');
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-03-01T10:00:00.999Z') });
  const head = new RepeatedHead(200, headers);
  let count = 0;
  const received = await exchange((_request, response) => {
    count += 1;
    if (count === 4) vi.setSystemTime(new Date('2026-03-01T10:00:01Z'));
    head.write(response, `id-${count}`, 1).end('x');
  }, get('').repeat(4) + last);
  // the first one, and the one that closes the connection
  expect(writeHead).toHaveBeenCalledTimes(2);
  expect(received.match(/(?<=x-request-id: ).*/g)).toEqual(['id-1', 'id-2', 'id-3', 'id-4', 'id-5']);
  expect(received.match(/(?<=Date: ).*/g)?.slice(1, 4)).toEqual([
    'Sun, 01 Mar 2026 10:00:00 GMT',
    'Sun, 01 Mar 2026 10:00:00 GMT',
    'Sun, 01 Mar 2026 10:00:01 GMT',
  ]);
});

test('where Node keeps its heads otherwise, it writes each of them', () => {
  for (const kept of [
    undefined,
    null,
    Buffer.from('HTTP/1.1 200 OK\r\n\r\n'),
    'HTTP/1.1 200 OK\r\nx-request-id: 42\r\n\r\n',
  ]) {
    const writeHead = vi.fn();
    const response = { shouldKeepAlive: true, req: { httpVersion: '1.1' }, writeHead, _header: kept };
    const head = new RepeatedHead(200, headers);
    for (const _ of [1, 2]) head.write(response as unknown as ServerResponse, '42', 1);
    expect(writeHead).toHaveBeenCalledTimes(2);
    expect(writeHead).toHaveBeenLastCalledWith(200, [...headers, 'content-length', '1', 'x-request-id', '42']);
  }
});
