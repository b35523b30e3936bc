import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream';

const drainBytes = 64 * 1024 * 1024;
const drainMs = 5_000;

/**
 * For an answer that is sent before the body was read: a connection that closes on a client that still writes loses the answer, so the
 * rest is read for a while. Call it before the answer and await it.
 * - On a connection that lives on, the answer goes first; what is left is read behind it, and beyond the bounds the connection ends.
 * - Where Node closes after the answer (`Connection: close`, HTTP/1.0), the rest is read first.
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
