import { Agent, type IncomingMessage, request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { open, responseOn } from '../graphql/uploads/raw-request.js';
import { HeldRenders } from '../support/held-renders.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg, photoPng } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const newAgent = (): Agent => {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return agent;
};

const get = (url: string, agent: Agent): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => request(url, { agent }, resolve).on('error', reject).end());

const textOf = async (response: IncomingMessage): Promise<string> => (await response.toArray()).join('');

const portOf = ({ url }: TestServer): number => Number(new URL(url).port);

test('a stop lets a render in flight be answered, and then closes its connection', async () => {
  const renders = new HeldRenders();
  const server = await startTestServer({}, { processor: renders.processor });
  const { link } = await uploadImage(server, await photoJpeg());
  renders.hold();
  const pending = get(link, newAgent());
  await expect.poll(() => renders.begun).toBe(1);
  const closed = server.close();
  renders.release();
  const response = await pending;
  expect(response.statusCode).toBe(200);
  expect(response.headers.connection).toBe('close');
  expect((await textOf(response)).length).toBeGreaterThan(0);
  await closed;
});

test('kept connections, used or silent, do not hold a stop up', async () => {
  const server = await startTestServer();
  const { link } = await uploadImage(server, await photoJpeg());
  const agent = newAgent();
  for (const url of [`${server.url}/health/live`, link, link]) await textOf(await get(url, agent));
  const silent = await open(portOf(server));
  const silentClosed = responseOn(silent);
  await server.close();
  expect(await silentClosed).toBe('');
});

test('a client that reads slowly gets all of an answer that was handed over before the stop', async () => {
  const server = await startTestServer();
  const { link } = await uploadImage(server, await photoPng({ width: 2_000, height: 1_500 }));
  const path = `${new URL(link).pathname}?size=0x0&format=png`;
  const length = (await (await fetch(`${server.url}${path}`)).arrayBuffer()).byteLength;
  const socket = await open(portOf(server));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await new Promise((resolve) => socket.once('readable', resolve));
  const closed = server.close();
  let received = 0;
  for await (const chunk of socket) received += chunk.length;
  expect(received).toBeGreaterThan(length);
  await closed;
});

test('what takes longer than the time for a stop is cut off', async () => {
  const renders = new HeldRenders();
  const server = await startTestServer({}, { processor: renders.processor, timeouts: { shutdown: 100 } });
  const { link } = await uploadImage(server, await photoJpeg());
  renders.hold();
  const pending = get(link, newAgent());
  pending.catch(() => undefined);
  await expect.poll(() => renders.begun).toBe(1);
  await server.close();
  await expect(pending).rejects.toThrow();
  renders.release();
});
