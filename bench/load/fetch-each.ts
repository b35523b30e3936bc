import { connect, type Socket } from 'node:net';
import { runParallel } from '../run-parallel.js';

const endOfHead = '\r\n\r\n';

/** Fetches each URL once, so many at a time, and resolves with how many came per second. All are on one server. */
export const fetchEach = async (urls: readonly string[], parallel: number): Promise<number> => {
  const { host, hostname, port } = new URL(urls[0] ?? '');
  // before the clock runs, and before the renders have the cores
  const requests = urls.map((url) => {
    const { pathname, search } = new URL(url);
    return `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}${endOfHead}`;
  });
  const idle = Array.from({ length: parallel }, () => new Connection(connect({ host: hostname, port: Number(port) })));
  const all = [...idle];
  try {
    return await runParallel(requests, parallel, async (request) => {
      const connection = idle.pop();
      if (!connection) throw new Error('More at a time than connections.');
      await connection.fetch(request);
      idle.push(connection);
    });
  } finally {
    for (const connection of all) connection.close();
  }
};

/**
 * One request after the other on a socket. Node's own client would take a core's time from what is measured: for an answer that is
 * only counted, its head and its length are all that has to be read.
 */
class Connection {
  #head = '';
  /** What is still to come of the body; undefined before the head is there. */
  #bytesLeft: number | undefined;
  #settle: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => this.#take(chunk));
    socket.once('error', (error) => this.#settle?.reject(error));
    socket.once('close', () => this.#settle?.reject(new Error('The server closed the connection.')));
  }

  fetch(request: string): Promise<void> {
    this.#head = '';
    this.#bytesLeft = undefined;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.#settle = undefined;
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#bytesLeft === undefined) {
      const before = this.#head.length;
      this.#head += chunk.toString('latin1');
      const end = this.#head.indexOf(endOfHead);
      if (end === -1) return;
      const [, status, length] = /^HTTP\/1.1 (\d+) .*\r\ncontent-length: (\d+)\r\n/is.exec(this.#head) ?? [];
      if (status !== '200') this.#settle?.reject(new Error(`The server responded: ${this.#head.slice(0, end)}`));
      this.#bytesLeft = Number(length) - (before + chunk.byteLength - end - endOfHead.length);
    } else {
      this.#bytesLeft -= chunk.byteLength;
    }
    if (this.#bytesLeft === 0) this.#settle?.resolve();
  }
}
