import { type IncomingMessage, Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ignoreUpgrades } from './ignored-upgrades.js';
import { probeOf } from './probes.js';
import type { ServerTimeouts } from './timeouts.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Responds in this turn of the event loop and returns true, or leaves the request alone. */
export type Shortcut = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Has a request handled, and may do something around that. */
export type AroundRequest = (request: IncomingMessage, response: ServerResponse, handle: () => void) => void;

/** Handles a request and returns true, or leaves it alone. It may still hand a request back later, with its body as it came. */
export type LaterShortcut = (request: IncomingMessage, response: ServerResponse, handBack: () => void) => boolean;

const maxHeaderBytes = 16 * 1024;
const sweepMs = 50;
/** How long after each other a half-closed connection is probed: few times, as some clients read five interim responses at most. */
const probeDelaysMs = [100, 1_000, 5_000];

/** Has the server respond to clients that shut their writing side once they have asked. Node has the switch, its types do not. */
const serveHalfClosed = (server: Server): void => {
  Object.assign(server, { httpAllowHalfOpen: true });
};

/** Node's HTTP server with time-outs for slow clients, a way around the framework, and a stop that cuts no response off. */
export class NodeServer extends Server {
  readonly #connections = new Set<Socket>();
  readonly #unfinished = new Set<ServerResponse>();
  readonly #laterShortcuts: LaterShortcut[] = [];
  #isStopping = false;

  constructor(
    private readonly timeouts: ServerTimeouts,
    shortcut: Shortcut,
    listener: Listener,
    around?: AroundRequest,
  ) {
    super({
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.keepAlive,
      connectionsCheckingInterval: timeouts.check,
      maxHeaderSize: maxHeaderBytes,
    });
    this.setTimeout(timeouts.inactivity);
    serveHalfClosed(this);
    ignoreUpgrades(this);
    this.on('connection', (socket) => {
      // one that offered an upgrade comes back
      if (this.#connections.has(socket)) return;
      this.#connections.add(socket);
      socket.once('end', () => this.#probe(socket));
      socket.once('close', () => this.#connections.delete(socket));
    });
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      if (this.#isStopping) response.shouldKeepAlive = false;
      if (shortcut(request, response)) return;
      this.#unfinished.add(response);
      response.once('close', () => this.#unfinished.delete(response));
      const handBack = () => listener(request, response);
      if (!this.#laterShortcuts.some((take) => take(request, response, handBack))) handBack();
    };
    this.on('request', (request, response) =>
      around ? around(request, response, () => handle(request, response)) : handle(request, response),
    );
  }

  /** Has requests go past the framework, if the shortcut takes them. */
  addShortcut(shortcut: LaterShortcut): void {
    this.#laterShortcuts.push(shortcut);
  }

  /**
   * A client that has shut its writing side may still read, or it may have left: both look the same until something is sent, which a
   * client that left responds to with a reset. Node sees the reset at the next write. `100 Continue` may precede any response.
   */
  #probe(socket: Socket, [delayMs, ...laterMs]: readonly number[] = probeDelaysMs): void {
    const pending = [...this.#unfinished].filter(({ req, writableEnded }) => req.socket === socket && !writableEnded);
    if (pending.length === 0 || socket.destroyed) return;
    for (const response of pending) {
      const probe = response.headersSent ? probeOf(response) : undefined;
      if (probe) response.write(probe);
      else if (!response.headersSent && response.req.httpVersion !== '1.0') response.writeContinue();
    }
    if (delayMs !== undefined) setTimeout(() => this.#probe(socket, laterMs), delayMs).unref();
  }

  /** Responds to what was asked, closes each connection behind its last response, and after `timeouts.shutdown` those that are left. */
  override close(callback?: (error?: Error) => void): this {
    this.#isStopping = true;
    for (const response of this.#unfinished) response.shouldKeepAlive = false;
    const sweeper = setInterval(() => this.closeIdleConnections(), sweepMs);
    const deadline = setTimeout(() => this.closeAllConnections(), this.timeouts.shutdown);
    this.once('close', () => {
      clearInterval(sweeper);
      clearTimeout(deadline);
    });
    return super.close(callback);
  }

  /** Node's own regards a response as sent once it is handed over, and cuts off what a slow client has yet to read. */
  override closeIdleConnections(): void {
    // behind the responses of this turn, which are not written yet
    setImmediate(() => {
      const busy = new Set(Array.from(this.#unfinished, ({ socket }) => socket));
      for (const socket of this.#connections) if (!busy.has(socket) && socket.writableLength === 0) socket.destroy();
    });
  }
}

const statusOf = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 } as const;

const messages = {
  400: 'The request is not valid HTTP/1.1.',
  408: 'The request did not arrive in time.',
  431: `The URL and the headers have more than ${maxHeaderBytes} bytes together, the most that is accepted. A long query goes by POST.`,
};

/** Responds to bytes that are not a request. Their path is unknown, so the body has the form of the plain routes and that of GraphQL. */
export const handleClientError = (error: Error & { code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status = statusOf[error.code as keyof typeof statusOf] ?? 400;
  const message = messages[status];
  const body = JSON.stringify({ error: message, errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy(error);
};
