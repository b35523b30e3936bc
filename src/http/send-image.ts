import type { ServerResponse } from 'node:http';
import type { ImageAnswer } from './image-answers.js';

/** The client has the picture already. */
export const sendNotModified = (response: ServerResponse, requestId: string, { headersOf304 }: ImageAnswer): void => {
  response.writeHead(304, [...headersOf304, 'x-request-id', requestId]).end();
};

/** Without bytes, as to a HEAD, the Content-Length is left out. */
export const sendImage = (
  response: ServerResponse,
  requestId: string,
  { headersOf200 }: ImageAnswer,
  bytes?: Uint8Array,
): void => {
  const length = bytes ? ['content-length', String(bytes.byteLength)] : [];
  response.writeHead(200, [...headersOf200, ...length, 'x-request-id', requestId]).end(bytes);
};
