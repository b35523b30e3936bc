import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { Spool } from '../../domain/ports.js';
import { MultipartForm, type MultipartRequest, type UploadLimits } from './multipart-form.js';
import { uploadFault } from './upload-fault.js';

/** The headers of one part: a disposition with a long file name fits, and memory stays bounded. */
const partHeaderBytes = 8 * 1024;
const partHeaderPairs = 16;
const fileBufferBytes = 64 * 1024;

/**
 * Reads a request of the GraphQL multipart request specification, version 2
 * (https://github.com/jaydenseric/graphql-multipart-request-spec), and spools its files while they come in.
 * On a fault nothing is left in the spool and the rest of the body is unread.
 */
export async function receiveMultipart(
  request: IncomingMessage,
  spool: Spool,
  limits: UploadLimits,
): Promise<MultipartRequest> {
  if (Number(request.headers['content-length'] ?? 0) > limits.requestBytes) throw tooLong(limits);
  const form = new MultipartForm(spool, limits);
  try {
    await feed(request, form, limits);
    return await form.complete();
  } catch (fault) {
    await form.abandon();
    throw fault;
  }
}

/** Streams the body through the parser into the form; settles with the end of the body or the first fault. */
function feed(request: IncomingMessage, form: MultipartForm, limits: UploadLimits): Promise<void> {
  const parser = createParser(request, limits);
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
      if (receivedBytes > limits.requestBytes) fail(tooLong(limits));
    };
    const stopListening = finished(request, { writable: false }, (broken) => {
      if (broken) fail(uploadFault('The body ended before it was complete. Send the whole request again.'));
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
      attempt(() => form.takeText(name, value, truncated));
    });
    parser.on('file', (name, stream, fileName, _encoding, type) => {
      // The parser emits errors on a stream whose reader has already left; unheard, they would end the process.
      stream.on('error', () => {});
      attempt(() => form.takeFile(name, stream, fileName, type).catch(fail));
    });
    parser.on('partsLimit', () => {
      fail(uploadFault(`The form has too many parts: it takes "operations", "map" and ${limits.requestFiles} files.`));
    });
    parser.on('error', () => {
      fail(
        uploadFault('The multipart body is malformed or cut short: its closing boundary is missing. Send it whole.'),
      );
    });
    parser.on('finish', () => settle(resolve));
    request.on('data', count).pipe(parser);
  });
}

function createParser(request: IncomingMessage, limits: UploadLimits): BusboyInstance {
  try {
    return new Busboy({
      headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' },
      fileHwm: fileBufferBytes,
      // A part may lack a filename (RFC 7578, section 4.2, only asks for one): what is neither text nor a known field is a file.
      isPartAFile: (name, type, fileName) =>
        fileName !== undefined || (type !== 'text/plain' && name !== 'operations' && name !== 'map'),
      limits: {
        fieldSize: limits.operationsBytes,
        parts: limits.requestFiles + 2,
        headerPairs: partHeaderPairs,
        headerSize: partHeaderBytes,
      },
    });
  } catch {
    throw uploadFault(
      'The Content-Type has no boundary. Send multipart/form-data; boundary=..., as HTTP clients do when they build the form.',
    );
  }
}

function tooLong(limits: UploadLimits) {
  return uploadFault(
    `The request is longer than ${limits.requestBytes} bytes, the most that a multipart request takes.`,
    413,
  );
}
