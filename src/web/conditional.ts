import type { IncomingHttpHeaders } from 'node:http';
import fresh from 'fresh';

/** The client named a version of the resource that is not the current one. Each API's error handler gives it its form. */
class PreconditionFailedError extends Error {
  override readonly name = 'PreconditionFailedError';
  readonly statusCode = 412;
  constructor(etag: string) {
    super(`If-Match does not name the current version, whose ETag is ${etag}.`);
  }
}

/** An entity tag of a list (RFC 9110, section 8.8.3); a comma may be part of it. */
const entityTag = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** Strong comparison: a weak tag matches nothing (RFC 9110, section 13.1.1). `*` matches whatever exists. */
const namesCurrent = (ifMatch: string, etag: string): boolean =>
  ifMatch.trim() === '*' || [...ifMatch.matchAll(entityTag)].some(([, weak, tag]) => !weak && tag === etag);

/**
 * Evaluates the preconditions of a request for an existing resource, in the order of RFC 9110, section 13.2.2: If-Match goes first.
 * @returns Whether the client already has what the ETag names, so that a 304 suffices. Lists, `*` and weak tags are understood.
 * @throws {PreconditionFailedError} if the request has an If-Match that does not name the ETag.
 */
export const isNotModified = (headers: IncomingHttpHeaders, etag: string): boolean => {
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined && !namesCurrent(ifMatch, etag)) throw new PreconditionFailedError(etag);
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch === undefined) return false;
  // caches and browsers send one tag, which needs no parsing; a request that says no-cache still wants a 304 when it names what it has,
  // so no other header is evaluated
  return ifNoneMatch === etag || fresh({ 'if-none-match': ifNoneMatch }, { etag });
};
