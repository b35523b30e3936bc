import type { ServerResponse } from 'node:http';
import type { ImageResponse } from './image-responses.js';

/** The client has the current variant. Headers are names and values in turn, in addition to those of the response. */
export const sendNotModified = (
  response: ServerResponse,
  headers: readonly string[],
  { headersOf304 }: ImageResponse,
): void => {
  response.writeHead(304, [...headersOf304, ...headers]).end();
};

/** Without bytes, as to a HEAD, the Content-Length is left out. Headers are names and values in turn, as above. */
export const sendImage = (
  response: ServerResponse,
  headers: readonly string[],
  { delivery, headersOf200, headersOfOutdated200 }: ImageResponse,
  bytes?: Uint8Array,
): void => {
  const length = bytes ? ['content-length', String(bytes.byteLength)] : [];
  const own = delivery.isCurrent() ? headersOf200 : headersOfOutdated200;
  response.writeHead(200, [...own, ...length, ...headers]).end(bytes);
};
