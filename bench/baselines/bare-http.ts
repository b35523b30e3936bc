import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleMessages } from './baseline.js';

/** The response to every request. */
export interface FixedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** In base64; empty for no body. */
  readonly body: string;
}

/** A server that does nothing but send the same headers and bytes. Returns its URL. */
handleMessages(async ({ status, headers, body }: FixedResponse) => {
  const bytes = Buffer.from(body, 'base64');
  const server = createServer((_request, response) => {
    response.writeHead(status, headers);
    response.end(bytes.byteLength > 0 ? bytes : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
});
