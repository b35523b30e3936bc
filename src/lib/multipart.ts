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

/** What is made of the parts, in the order in which they come. What a method throws or rejects with ends the reading. */
export interface PartReader {
  isFile(name: string | undefined, type: string | undefined, fileName: string | undefined): boolean;
  takeText(name: string | undefined, value: string, truncated: boolean): void;
  /** Has to consume the stream, or the reading stands still. */
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
  const parser = createParser(request, bounds, reader);
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
    parser.on('field', (name, value, _nameTruncated, truncated) => {
      attempt(() => reader.takeText(name, value, truncated));
    });
    parser.on('file', (name, stream, fileName, _encoding, type) => {
      // The parser emits errors on a stream whose reader has already left; unheard, they would end the process.
      stream.on('error', () => {});
      attempt(() => reader.takeFile(name, stream, fileName, type).catch(fail));
    });
    parser.on('partsLimit', () => fail(new MultipartFault('too-many-parts')));
    parser.on('error', () => fail(new MultipartFault('malformed')));
    parser.on('finish', () => settle(resolve));
    request.on('data', count).pipe(parser);
  });
}

function createParser(request: IncomingMessage, bounds: MultipartBounds, reader: PartReader): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' },
      fileHwm: fileBufferBytes,
      isPartAFile: (name, type, fileName) => reader.isFile(name, type, fileName),
      limits: {
        fieldSize: bounds.textBytes,
        parts: bounds.parts,
        headerPairs: partHeaderPairs,
        headerSize: partHeaderBytes,
      },
    });
  } catch {
    throw new MultipartFault('no-boundary');
  }
}
