import type { ServerResponse } from 'node:http';
import type { Delivery } from '../../domain/delivery/deliver-image.js';
import type { LoadedVariant } from '../../domain/delivery/open-variant.js';
import type { Waiter } from '../../lib/single-flight.js';
import { statusOfMemory } from './cache-status.js';
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

/** Sends the bytes of an image that is in memory; without bytes, a 304. */
export const sendFromMemory = (
  response: ServerResponse,
  requestId: string,
  found: ImageResponse,
  bytes?: Uint8Array,
): void => {
  if (!bytes) found.headOf304.write(response, requestId).end();
  else if (found.delivery.isCurrent()) found.headFromMemory.write(response, requestId, bytes.byteLength).end(bytes);
  else sendImage(response, ['x-request-id', requestId, ...statusOfMemory], found, bytes);
};

/** The bytes of a public image. If it is replaced during the render, its bytes may be gone: then the new image is found and served. */
export const loadVariant = async <Found extends { readonly delivery: Delivery }>(
  find: () => Promise<Found>,
  found: Found,
  waiter: Waiter,
): Promise<[Found, LoadedVariant]> => {
  try {
    return [found, await found.delivery.load(waiter)];
  } catch (error) {
    if (waiter.signal.aborted) throw error;
    const now = await find();
    if (now.delivery.etag === found.delivery.etag) throw error;
    return loadVariant(find, now, waiter);
  }
};
