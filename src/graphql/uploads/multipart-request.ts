import type { IncomingMessage } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { Spool } from '../../domain/ports.js';
import { MultipartFault, type MultipartFaultKind, readMultipart } from '../../lib/multipart.js';
import { requestFault } from '../request-fault.js';
import { MultipartForm, type MultipartRequest, type UploadLimits } from './multipart-form.js';

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
  const form = new MultipartForm(spool, limits);
  const bounds = {
    requestBytes: limits.requestBytes,
    textBytes: limits.operationsBytes,
    parts: limits.requestFiles + 2,
  };
  try {
    await readMultipart(request, bounds, form);
    return await form.complete();
  } catch (fault) {
    await form.abandon();
    throw fault instanceof MultipartFault ? faults[fault.kind](limits) : fault;
  }
}

const faults = {
  'cut-short': () => requestFault('The body ended before it was complete. Send the whole request again.'),
  malformed: () =>
    requestFault('The multipart body is malformed or cut short: its closing boundary is missing. Send it whole.'),
  'no-boundary': () =>
    requestFault(
      'The Content-Type has no boundary. Send multipart/form-data; boundary=..., as HTTP clients do when they build the form.',
    ),
  'too-long': ({ requestBytes }) =>
    requestFault(`The request is longer than ${requestBytes} bytes, the most that a multipart request takes.`, 413),
  'too-many-parts': ({ requestFiles }) =>
    requestFault(`The form has too many parts: it takes "operations", "map" and ${requestFiles} files.`),
} as const satisfies Record<MultipartFaultKind, (limits: UploadLimits) => GraphQLError>;
