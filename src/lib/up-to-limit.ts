/**
 * A stream whose sender owes this server nothing and may never end: no more of it than shows that it is larger than the limit. What a
 * client sends is drained instead, so that it sees the response.
 */
export async function* upToLimit(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limitBytes: number,
): AsyncGenerator<Uint8Array> {
  let byteSize = 0;
  for await (const piece of stream) {
    yield piece;
    byteSize += piece.byteLength;
    if (byteSize > limitBytes) return;
  }
}
