import type { IncomingHttpHeaders } from 'node:http';
import type { ByteRange } from '../../domain/originals/open-original.js';

/**
 * The part of a file that a GET requests (RFC 9110, section 14.2), or undefined for all of it: without `Range`, with one that is
 * malformed or has several parts, "a server MAY ignore" it, and if `If-Range` does not name the current ETag. There is no Last-Modified,
 * so a date in `If-Range` names nothing.
 */
export const requestedRange = (
  { range, 'if-range': ifRange }: IncomingHttpHeaders,
  { etag, byteSize }: { readonly etag: string; readonly byteSize: number },
): ByteRange | 'unsatisfiable' | undefined => {
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const [, start = '', end = ''] = /^bytes=(\d*)-(\d*)$/i.exec(range) ?? [];
  if (start === '') return end === '' ? undefined : lastBytes(Number(end), byteSize);
  const [first, last] = [Number(start), end === '' ? byteSize - 1 : Number(end)];
  if (first >= byteSize) return end === '' || last >= first ? 'unsatisfiable' : undefined;
  return last < first ? undefined : { first, last: Math.min(last, byteSize - 1) };
};

const lastBytes = (count: number, byteSize: number): ByteRange | 'unsatisfiable' =>
  count === 0 ? 'unsatisfiable' : { first: Math.max(0, byteSize - count), last: byteSize - 1 };
