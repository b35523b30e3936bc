import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerTimeouts } from './timeouts.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers a request at once and tells so, or leaves it alone. */
export type Shortcut = (request: IncomingMessage, response: ServerResponse) => boolean;

const maxHeaderBytes = 16 * 1024;
const sweepMs = 50;

/** Node's HTTP server with time-outs for slow clients, a way around the framework, and a stop that breaks no answer off. */
export class NodeServer extends Server {
  readonly #connections = new Set<Socket>();
  readonly #unanswered = new Set<ServerResponse>();
  #isStopping = false;

  constructor(
    private readonly timeouts: ServerTimeouts,
    shortcut: Shortcut,
    listener: Listener,
  ) {
    super({
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.keepAlive,
      connectionsCheckingInterval: timeouts.check,
      maxHeaderSize: maxHeaderBytes,
    });
    this.setTimeout(timeouts.inactivity);
    this.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.on('request', (request, response) => {
      if (this.#isStopping) response.shouldKeepAlive = false;
      if (shortcut(request, response)) return;
      this.#unanswered.add(response);
      response.once('close', () => this.#unanswered.delete(response));
      listener(request, response);
    });
  }

  /** Answers what was asked, closes each connection behind its answer, and after `timeouts.shutdown` those that are left. */
  override close(callback?: (error?: Error) => void): this {
    this.#isStopping = true;
    for (const response of this.#unanswered) response.shouldKeepAlive = false;
    const sweeper = setInterval(() => this.closeIdleConnections(), sweepMs);
    const deadline = setTimeout(() => this.closeAllConnections(), this.timeouts.shutdown);
    this.once('close', () => {
      clearInterval(sweeper);
      clearTimeout(deadline);
    });
    return super.close(callback);
  }

  /** Node's own takes an answer for sent once it is handed over, and cuts off what a slow client has yet to read. */
  override closeIdleConnections(): void {
    const busy = new Set(Array.from(this.#unanswered, ({ socket }) => socket));
    for (const socket of this.#connections) if (!busy.has(socket) && socket.writableLength === 0) socket.destroy();
  }
}
