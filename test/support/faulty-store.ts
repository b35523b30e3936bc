import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What the store does instead of its work. */
const storeFaults = {
  /** The key may not do this. */
  forbidden: (response: ServerResponse) => refuse(response, 403, 'AccessDenied', 'Access Denied'),
  /** The bucket was deleted. */
  bucketGone: (response: ServerResponse) =>
    refuse(response, 404, 'NoSuchBucket', 'The specified bucket does not exist'),
  /** The store asks for a slower pace. */
  overloaded: (response: ServerResponse) => refuse(response, 503, 'SlowDown', 'Please reduce your request rate.'),
  /** Another request writes or removes the same object. */
  conflict: (response: ServerResponse) =>
    refuse(response, 409, 'OperationAborted', 'A conflicting operation is in progress'),
  /** A proxy in between responds with a page of its own. */
  brokenProxy: (response: ServerResponse) => response.writeHead(502).end('<html><body>Bad Gateway</body></html>'),
  /** It never responds. */
  silent: () => undefined,
  /** The connection ends before the response does. */
  cut: (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': 100_000 }).write('x'.repeat(1_000));
    setTimeout(() => response.destroy(), 50);
  },
  /** The response stops half way, and the connection stays. */
  stalled: (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': 100_000 }).write('x'.repeat(1_000));
  },
  /** The connection ends before there is a response. */
  reset: (response: ServerResponse) => response.destroy(),
} satisfies Record<string, (response: ServerResponse) => unknown>;

export type StoreFault = keyof typeof storeFaults;

const refuse = (response: ServerResponse, status: number, code: string, message: string): void => {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(text);
};

export interface FaultyStore {
  readonly endpoint: string;
  /** Which requests came since the last fault was set, such as `GET`. */
  readonly methods: string[];
  /** Has requests fail like this from now on: all of them, or only the next few. Null ends that. */
  fail(fault: StoreFault | null, times?: number): void;
  /** Has nobody listen at the address any more, until it is called again with false. */
  refuseConnections(refuse: boolean): Promise<void>;
}

/** Wraps a real store, and can fail in its place. */
export const startFaultyStore = async (realEndpoint: string): Promise<FaultyStore> => {
  const real = new URL(realEndpoint);
  let fault: StoreFault | null = null;
  let timesLeft = 0;
  const methods: string[] = [];
  const server = createServer((request, response) => {
    methods.push(request.method ?? '');
    if (fault && timesLeft > 0) {
      timesLeft -= 1;
      request.resume();
      storeFaults[fault](response);
    } else {
      passOn(real, request, response);
    }
  });
  const port = await listen(server, 0);
  onTestFinished(() => close(server));
  return {
    endpoint: `http://127.0.0.1:${port}`,
    methods,
    fail: (next, times = Number.POSITIVE_INFINITY) => {
      fault = next;
      timesLeft = times;
      methods.length = 0;
    },
    refuseConnections: async (refuse) => {
      if (refuse) await close(server);
      else await listen(server, port);
    },
  };
};

/** With the same head, which is signed. */
const passOn = (real: URL, request: IncomingMessage, response: ServerResponse): void => {
  const { method, url: path, headers } = request;
  const passed = forward({ host: real.hostname, port: real.port, method, path, headers }, (received) => {
    response.writeHead(received.statusCode ?? 500, received.headers);
    received.pipe(response);
  });
  passed.on('error', () => response.destroy());
  response.on('close', () => passed.destroy());
  request.pipe(passed);
};

const listen = async (server: Server, port: number): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

const close = async (server: Server): Promise<void> => {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
};
