import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { uploadImage } from '../../support/image-operations.js';
import { newPhoto } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';

let server: TestServer;
let imagePath: string;
beforeAll(async () => {
  server = await startTestServer();
  imagePath = new URL((await uploadImage(server, await newPhoto())).link).pathname;
});
afterAll(() => server.close());

/** As Java's HttpClient sends it with what it asks first. */
const offer =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n';
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
const post = (body: string, headers = '') =>
  `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;
const query = '{"query":"{ __typename }"}';

/** How many listeners there are of each event. */
const listenersOf = (socket: Socket) =>
  Object.fromEntries(socket.eventNames().map((name) => [name, socket.listenerCount(name)]));

const open = async () => {
  const socket: Socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  return {
    socket,
    statuses: () => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code)),
    text: () => text,
  };
};

describe('a request that offers an upgrade is served as HTTP/1.1, and nothing behind it is lost:', () => {
  test.each<[string, () => string, number[]]>([
    ['on its own', () => get('/health/live', offer), [200]],
    ['with a request behind it in the same packet', () => get('/health/live', offer) + get('/nothing'), [200, 404]],
    ['behind a request', () => get('/nothing') + get('/health/live', offer) + get('/nothing'), [404, 200, 404]],
    [
      'behind one that is rendered',
      () => get(`${imagePath}?size=7x7`) + get(imagePath, offer) + get('/nothing'),
      [200, 200, 404],
    ],
    ['with a body', () => post(query, offer) + post(query, offer) + get('/nothing'), [200, 200, 404]],
    ['each of several', () => get('/nothing', offer).repeat(5) + post(query), [404, 404, 404, 404, 404, 200]],
    [
      'of a web socket',
      () => get('/nothing', 'Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n') + get('/health/live'),
      [404, 200],
    ],
    [
      'refused before its body is read',
      () =>
        `POST /accounts/${accountId}/images HTTP/1.1\r\nHost: localhost\r\nOrigin: https://elsewhere.example\r\nContent-Length: 5\r\n${offer}\r\n12345${get('/health/live')}`,
      [403, 200],
    ],
  ])('%s', async (_case, sent, expected) => {
    const { socket, statuses, text } = await open();
    socket.write(sent());
    await vi.waitFor(() => expect(statuses(), text()).toEqual(expected), 5_000);
    // the connection goes on
    socket.write(get('/health/live'));
    await vi.waitFor(() => expect(statuses()).toEqual([...expected, 200]), 5_000);
    expect(text()).not.toMatch(/HTTP\/1\.1 101|upgrade: h2c/i);
  });

  test('in small pieces, its body last', async () => {
    const { socket, statuses } = await open();
    for (const piece of (post(query, offer) + get('/nothing')).match(/[\s\S]{1,7}/g) ?? []) {
      await new Promise((resolve) => socket.write(piece, resolve));
    }
    await vi.waitFor(() => expect(statuses()).toEqual([200, 404]), 5_000);
  });

  test('however many there are, as if they had come without: the connection gets no more listeners, and one probe', async () => {
    const accepted: Socket[] = [];
    const accept = (message: unknown): void => void accepted.push((message as { socket: Socket }).socket);
    subscribe('net.server.socket', accept);
    onTestFinished(() => void unsubscribe('net.server.socket', accept));
    const { socket, statuses, text } = await open();
    socket.write(get('/nothing', offer).repeat(2));
    await vi.waitFor(() => expect(statuses()).toHaveLength(2), 5_000);
    const [connection] = accepted;
    if (!connection) throw new Error('No connection was accepted.');
    const before = listenersOf(connection);
    socket.write(get('/nothing', offer).repeat(200));
    await vi.waitFor(() => expect(statuses()).toHaveLength(202), 5_000);
    expect(listenersOf(connection)).toEqual(before);
    socket.end(get(`${imagePath}?size=9x9&blur=100`));
    await once(socket, 'end');
    expect(statuses().filter((status) => status >= 200)).toHaveLength(203);
    expect(text().match(/100 Continue/g)?.length).toBeLessThanOrEqual(3);
  });

  test('and `close` is honoured', async () => {
    const { socket, statuses } = await open();
    socket.write(get('/health/live', offer.replace('Connection: ', 'Connection: close, ')));
    await once(socket, 'end');
    expect(statuses()).toEqual([200]);
  });
});
