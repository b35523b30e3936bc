import type { IncomingMessage } from 'node:http';

/**
 * The bytes of a body as they come in, until they are more than the limit. What is left then stays unread.
 * @param cutOff What is thrown if the client breaks off.
 */
export async function* bytesOf(
  request: IncomingMessage,
  limitBytes: number,
  cutOff: () => Error,
): AsyncGenerator<Uint8Array> {
  let receivedBytes = 0;
  try {
    // destroying the request would close the connection before the response is sent
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      yield chunk;
      receivedBytes += chunk.byteLength;
      if (receivedBytes > limitBytes) return;
    }
  } catch {
    throw cutOff();
  }
}
