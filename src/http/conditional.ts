import type { IncomingHttpHeaders } from 'node:http';
import fresh from 'fresh';

/** Whether the client has what the ETag names: lists, `*` and weak tags count (RFC 9110, section 13.1.2). */
export const isNotModified = (headers: IncomingHttpHeaders, etag: string): boolean => {
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch === undefined) return false;
  // one tag, as caches and browsers send it, is not parsed; a request that says no-cache still asks for a 304 when it names what it
  // has, so no other header is looked at
  return ifNoneMatch === etag || fresh({ 'if-none-match': ifNoneMatch }, { etag });
};
