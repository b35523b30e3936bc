import type { IncomingMessage } from 'node:http';
import { finished, type Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';

/** The headers of one part: a disposition with a long file name fits, and memory stays bounded. */
const partHeaderBytes = 8 * 1024;
const partHeaderPairs = 16;
const fileBufferBytes = 64 * 1024;

export interface MultipartBounds {
  /** The bytes of the whole body. */
  readonly requestBytes: number;
  /** The bytes of one text part; more is cut off. */
  readonly textBytes: number;
  readonly parts: number;
}

/** Handles the parts in the order in which they arrive. If a method throws or rejects, reading ends. */
export interface PartReader {
  isFile(name: string | undefined, type: string | undefined, fileName: string | undefined): boolean;
  /** Gets the bytes as they came: what charset a part claims for itself says nothing. */
  takeText(name: string | undefined, value: Buffer, truncated: boolean): void;
  /** Has to consume the stream, or reading stops. */
  takeFile(name: string | undefined, stream: Readable, fileName: string | undefined, type: string): Promise<unknown>;
}

export type MultipartFaultKind = 'cut-short' | 'malformed' | 'no-boundary' | 'too-long' | 'too-many-parts';

/** The body is no form, or more than the bounds allow. */
export class MultipartFault extends Error {
  override readonly name = 'MultipartFault';
  constructor(readonly kind: MultipartFaultKind) {
    super(kind);
  }
}

/**
 * Streams a multipart/form-data body (RFC 7578) through its reader; settles with the end of the body or the first fault, which leaves
 * the rest of the body unread.
 * @throws {MultipartFault} or what the reader throws.
 */
export async function readMultipart(
  request: IncomingMessage,
  bounds: MultipartBounds,
  reader: PartReader,
): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) > bounds.requestBytes) throw new MultipartFault('too-long');
  const parser = createParser(request, bounds);
  return new Promise((resolve, reject) => {
    let settled = false;
    let receivedBytes = 0;
    const settle = (conclude: () => void) => {
      if (settled) return;
      settled = true;
      stopListening();
      request.off('data', count);
      request.unpipe(parser);
      conclude();
    };
    const fail = (fault: unknown) => settle(() => reject(fault));
    const count = (chunk: Uint8Array) => {
      receivedBytes += chunk.byteLength;
      if (receivedBytes > bounds.requestBytes) fail(new MultipartFault('too-long'));
    };
    const stopListening = finished(request, { writable: false }, (broken) => {
      if (broken) fail(new MultipartFault('cut-short'));
    });

    // What the parser still makes of the chunk at hand after a fault is let go.
    const attempt = (take: () => void) => {
      if (settled) return;
      try {
        take();
      } catch (fault) {
        fail(fault);
      }
    };
    // The parser may begin a part before the text in front of it was read: the reader gets them in turn.
    let turn = Promise.resolve();
    const texts = new Set<Readable>();
    const inTurn = (take: () => void | Promise<void>): void => {
      turn = turn.then(take).catch(fail);
    };
    parser.on('file', (name, stream, fileName, _encoding, type) => {
      // The parser emits errors on a stream whose reader has already left; unheard, they would end the process.
      stream.on('error', () => {});
      if (reader.isFile(name, type, fileName)) {
        inTurn(() => attempt(() => reader.takeFile(name, stream, fileName, type).catch(fail)));
      } else {
        stream.once('close', () => texts.delete(stream));
        texts.add(stream);
        inTurn(async () => {
          const { value, truncated } = await readText(stream, bounds.textBytes);
          attempt(() => reader.takeText(name, value, truncated));
        });
      }
    });
    parser.on('partsLimit', () => inTurn(() => fail(new MultipartFault('too-many-parts'))));
    parser.on('error', () => {
      // a text that is cut off would be waited for
      for (const text of texts) text.destroy(new MultipartFault('malformed'));
      inTurn(() => fail(new MultipartFault('malformed')));
    });
    parser.on('finish', () => inTurn(() => settle(resolve)));
    request.on('data', count).pipe(parser);
  });
}

/** The text of a part; nothing beyond the limit is kept. */
async function readText(stream: Readable, limitBytes: number): Promise<{ value: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let receivedBytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (receivedBytes < limitBytes) chunks.push(chunk.subarray(0, limitBytes - receivedBytes));
      receivedBytes += chunk.byteLength;
    }
  } catch {
    throw new MultipartFault('malformed');
  }
  return { value: Buffer.concat(chunks), truncated: receivedBytes > limitBytes };
}

function createParser(request: IncomingMessage, bounds: MultipartBounds): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' },
      fileHwm: fileBufferBytes,
      // texts too: as fields they would be decoded, and what is no UTF-8 replaced
      isPartAFile: () => true,
      limits: {
        parts: bounds.parts,
        headerPairs: partHeaderPairs,
        headerSize: partHeaderBytes,
      },
    });
  } catch {
    throw new MultipartFault('no-boundary');
  }
}
