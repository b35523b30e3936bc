import type { IncomingHttpHeaders } from 'node:http';
import fresh from 'fresh';

/** Whether the client has what the ETag names: lists, `*` and weak tags count (RFC 9110, section 13.1.2). */
export const isNotModified = (headers: IncomingHttpHeaders, etag: string): boolean => {
  const ifNoneMatch = headers['if-none-match'];
  // a request that says no-cache still asks for a 304 when it names what it has, so only this header is looked at
  return ifNoneMatch !== undefined && fresh({ 'if-none-match': ifNoneMatch }, { etag });
};
