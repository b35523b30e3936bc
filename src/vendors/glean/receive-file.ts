import type { IncomingMessage } from 'node:http';
import { ImageTooLargeError } from '../../domain/errors.js';
import type { Limits } from '../../domain/limits.js';
import type { ReceivedFile, Spool } from '../../domain/ports.js';
import { bytesOf } from '../../web/body-bytes.js';
import { GleanFault } from './problems.js';

export interface FileReceiver {
  readonly spool: Spool;
  readonly limits: Limits;
}

/**
 * Spools the body of a request, which is the image itself, and gives it to the work. The spooled file is gone when this settles.
 * @throws {ImageTooLargeError} {@link GleanFault}
 */
export const withReceivedFile = async <Result>(
  { spool, limits: { fileBytes } }: FileReceiver,
  request: IncomingMessage,
  work: (file: ReceivedFile) => Promise<Result>,
): Promise<Result> => {
  if (Number(request.headers['content-length'] ?? 0) > fileBytes) throw new ImageTooLargeError(fileBytes);
  const file = await spool.receive(bytesOf(request, fileBytes, cutOff), fileBytes);
  try {
    if ('byteSize' in file && file.byteSize === 0) {
      throw new GleanFault('missing_required_field', 'The body is empty. Send the bytes of an image as the body.');
    }
    return await work(file);
  } finally {
    await spool.discard(file);
  }
};

const cutOff = (): GleanFault =>
  new GleanFault('invalid_request', 'The body ended before it was complete. Send the whole request again.');
