import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { maxHeaderBytes } from './node-server.js';

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
