import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { photoPng } from '../support/sample-images.js';
import { startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';

vi.setConfig({ testTimeout: 60_000 });

const openFiles = 100;

/** A connection that stays open, so that its requests need no new descriptor for it. */
const openConnection = (url: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return async (path: string, headers: Record<string, string> = {}, body?: Buffer) => {
    const asked = request(url + path, { agent, method: body ? 'POST' : 'GET', headers });
    asked.end(body);
    const [response] = await once(asked, 'response');
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  };
};

const graphqlUpload = (bytes: Buffer): { headers: Record<string, string>; body: Buffer } => {
  const query = `mutation($file: File!) { uploadImage(input: { accountId: "${accountId}", file: $file }) { __typename } }`;
  const fields = { operations: JSON.stringify({ query, variables: { file: null } }), map: '{"0":["variables.file"]}' };
  const parts = Object.entries(fields).map(
    ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const fileHead = '--x\r\nContent-Disposition: form-data; name="0"; filename="a"\r\n\r\n';
  return {
    headers: { 'content-type': 'multipart/form-data; boundary=x', 'apollo-require-preflight': '1' },
    body: Buffer.concat([Buffer.from(parts.join('') + fileHead), bytes, Buffer.from('\r\n--x--\r\n')]),
  };
};

/** Opens connections without a request until the server has no descriptor left, however many it closed since the last time. */
const useUpDescriptors = async (url: string, sockets: Set<Socket>): Promise<void> => {
  const { hostname, port } = new URL(url);
  const opened = Array.from({ length: openFiles }, () => connect(Number(port), hostname));
  for (const socket of opened) {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  }
  // those beyond the limit are closed by the server, or wait
  await Promise.all(opened.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
};

test('a server without a file descriptor left refuses uploads with 503, logs why, goes on, and recovers', async () => {
  const folder = await useTempFolder();
  const variables = { DATA_DIR: folder, GLEAN_ACCOUNT_ID: accountId };
  const server = await startServerProcess(variables, { openFiles });
  const photo = await photoPng({ width: 60, height: 60 });
  const glean = (id: string) => `/rest/api/v1/uploadimage?type=USER&id=${id}`;
  const gleanHeaders = { 'content-type': 'image/png', authorization: 'Bearer a.b' };
  const ask = openConnection(server.url);
  expect((await ask(glean('0'), gleanHeaders, photo)).status).toBe(200);

  const idle = new Set<Socket>();
  onTestFinished(() => idle.forEach((socket) => void socket.destroy()));
  const byGlean = () => ask(glean('1'), gleanHeaders, photo);
  const { headers, body } = graphqlUpload(photo);
  const byGraphql = () => ask('/graphql', headers, body);
  for (const upload of [byGlean, byGraphql]) {
    // a connection that the server closes meanwhile leaves it a descriptor, which must be taken from it again
    const refused = await vi.waitUntil(
      async () => {
        await useUpDescriptors(server.url, idle);
        const response = await upload();
        return response.status === 503 && response;
      },
      { timeout: 20_000 },
    );
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    // the last descriptor may hold the file that the decoder then cannot open
    expect(refused.body).toMatch(/lacks file descriptors|cannot process the image now/);
    expect(refused.body).not.toContain(folder);
  }
  expect((await ask('/health/live')).status).toBe(200);
  expect(await readdir(join(folder, 'tmp'))).toEqual([]);

  for (const socket of idle) socket.destroy();
  await expect.poll(async () => (await byGlean()).status, { timeout: 10_000 }).toBe(200);
  expect((await byGraphql()).body).toContain('"UploadImagePayload"');
  server.signal('SIGTERM');
  const { code, stdout, stderr } = await server.ended;
  expect(code).toBe(0);
  expect(stdout + stderr).toContain('EMFILE');
});
