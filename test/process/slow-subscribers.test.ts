import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openEventStream } from '../support/event-stream.js';
import { type GraphqlClient, graphqlClient } from '../support/graphql-client.js';
import { uploadImage } from '../support/image-operations.js';
import { newPhoto } from '../support/sample-images.js';
import { startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';

vi.setConfig({ testTimeout: 120_000 });

const subscribers = 12;
const changes = 400;
/** Each event has the alternative text this often, so that all events of all subscribers together are 144 MB. */
const repeats = 30;
const altTextOf = (number: number): string => String(number).padStart(1_000, '-');
/** Less than what is sent in the end, for JavaScript's values; and for everything, what a busy server grows by included. */
const heapMebibytes = 96;
const boundBytes = 90 * 1024 ** 2;

const residentBytes = async (url: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
};

/** A client that subscribes over a plain socket, and reads nothing until it is asked to. */
const subscribeWithoutReading = async (url: string, index: number): Promise<Socket> => {
  const texts = Array.from({ length: repeats }, (_, number) => `t${number}: altText`).join(' ');
  // each has a document of its own, so that nothing of the events is shared
  const query = `subscription S${index} { imageChanged(accountId: "${accountId}") { image { metadata { ${texts} } } } }`;
  const body = JSON.stringify({ query });
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\naccept: text/event-stream\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  // the head and the first ping, and nothing more
  await once(socket, 'readable');
  return socket;
};

/** Reads on until so many events have come, and returns the numbers that they carry. */
const readEvents = async (socket: Socket, count: number): Promise<number[]> => {
  const numbers: number[] = [];
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const number = /"t0":"-*(\d+)"/.exec(text.slice(0, end))?.[1];
      if (number !== undefined) numbers.push(Number(number));
      text = text.slice(end + 2);
    }
    if (numbers.length >= count) break;
  }
  return numbers;
};

const changeOnce = async (client: GraphqlClient, id: string, number: number): Promise<void> => {
  const { errors } = await client.query(
    'mutation($input: UpdateImageInput!) { updateImage(input: $input) { __typename } }',
    { input: { id, metadata: { altText: altTextOf(number) } } },
  );
  expect(errors).toBeUndefined();
};

test('subscribers that stop reading cost no memory and no time of the others, and find every change when they read on', async () => {
  const { url } = await startServerProcess({
    DATA_DIR: await useTempFolder(),
    // the young generation as small as on Node 20: later versions let it grow with the machine
    NODE_OPTIONS: `--max-old-space-size=${heapMebibytes} --max-semi-space-size=16`,
  });
  const client = graphqlClient(url);
  const { id } = await uploadImage(client, await newPhoto());
  const slow = await Promise.all(
    Array.from({ length: subscribers }, (_, index) => subscribeWithoutReading(url, index)),
  );
  const fast = await openEventStream(
    { url },
    `subscription { imageChanged(accountId: "${accountId}") { image { metadata { altText } } } }`,
  );
  onTestFinished(() => fast.close());
  const before = await residentBytes(url);
  for (let number = 1; number <= changes; number += 1) {
    await changeOnce(client, id, number);
    // one that reads has each change before the next is made
    expect((await fast.next())?.data.imageChanged.image.metadata.altText).toBe(altTextOf(number));
  }
  expect((await residentBytes(url)) - before).toBeLessThan(boundBytes);
  for (const socket of slow) {
    const numbers = await readEvents(socket, changes);
    // what was behind is shown as it is now; nothing is missing, and nothing is older than its change
    expect(numbers).toHaveLength(changes);
    for (const [index, number] of numbers.entries()) expect(number).toBeGreaterThanOrEqual(index + 1);
    expect(numbers.at(-1)).toBe(changes);
  }
  expect((await residentBytes(url)) - before).toBeLessThan(boundBytes);
});
