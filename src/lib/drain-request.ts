import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream';

const drainBytes = 64 * 1024 * 1024;
const drainMs = 5_000;

/**
 * For a response that is sent before the body was read: closing a connection while the client still writes loses the response, so the
 * rest is read for a while. Call it before sending the response and await it.
 * - On a connection that stays open, the response goes first; the rest is read after it, and beyond the bounds the connection ends.
 * - If Node closes after the response (`Connection: close`, HTTP/1.0), the rest is read first.
 */
export async function drainBriefly(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!response.shouldKeepAlive) {
    await readRest(request);
    return;
  }
  // Marks the body as being read: of one that nobody touched, Node reads whatever comes, without a bound.
  request.read(0);
  response.once('finish', async () => {
    if (!(await readRest(request))) request.socket.destroy();
  });
}

/** Reads and drops the rest of a body, within the bounds; resolves with whether that was all of it. */
function readRest(request: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    let leftBytes = drainBytes;
    const settle = (ended: boolean) => {
      clearTimeout(timer);
      stopListening();
      request.off('data', drop).pause();
      resolve(ended);
    };
    const drop = (chunk: Uint8Array) => {
      leftBytes -= chunk.byteLength;
      if (leftBytes < 0) settle(false);
    };
    const timer = setTimeout(settle, drainMs, false);
    const stopListening = finished(request, { writable: false }, () => settle(true));
    request.on('data', drop).resume();
  });
}
