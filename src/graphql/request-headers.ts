import type { IncomingHttpHeaders } from 'node:http';
import { parseAccept } from '../lib/accept.js';
import { mediaTypeOf } from '../lib/media-type.js';

/** What a result can be sent as; of types that a client wants equally and names neither of, the first. */
const resultTypes = [
  'application/json',
  'application/graphql-response+json',
  'text/event-stream',
  'multipart/mixed',
] as const;

/** Stands for what no result can be sent as. */
const nothing = 'application/x-none';

/**
 * The result types that an Accept header wants, the most wanted first (RFC 9110, section 12.5.1): by weight, then those that it names,
 * in its order.
 */
export const wantedTypes = (accept: string): string[] => {
  const preferenceFor = parseAccept(accept);
  const named = accept.toLowerCase();
  const candidates = resultTypes.map((type, index) => {
    const { weight, named: isNamed } = preferenceFor(type);
    return { type, weight, place: isNamed ? named.indexOf(type) : named.length + index };
  });
  return candidates
    .filter(({ weight }) => weight > 0)
    .sort((left, right) => right.weight - left.weight || left.place - right.place)
    .map(({ type }) => type);
};

/** Yoga reads the types in their order and ignores weights. */
const acceptForYoga = (accept: string): string =>
  /;\s*q\s*=/i.test(accept) ? wantedTypes(accept).join(', ') || nothing : accept;

/** The types of a result that is one JSON document, by what names them in an Accept. */
const plainTypes: Readonly<Record<string, string>> = {
  '*/*': 'application/json',
  'application/*': 'application/json',
  'application/json': 'application/json',
  'application/graphql-response+json': 'application/graphql-response+json',
};

/**
 * The type that Yoga gives a result which is no stream, for an Accept that names nothing but types of such results; undefined for any
 * other.
 */
export const plainResultType = (accept: string | undefined): string | undefined => {
  const types = acceptForYoga(accept || '*/*')
    .toLowerCase()
    .split(',')
    .map((type) => type.trim());
  const [first = ''] = types;
  return types.every((type) => Object.hasOwn(plainTypes, type)) ? plainTypes[first] : undefined;
};

/**
 * The headers of a request for Yoga, which compares a Content-Type letter by letter and knows no weights in an Accept. Only what Yoga
 * would misread is changed.
 */
export const headersForYoga = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const type = mediaTypeOf(headers['content-type']);
  const { accept } = headers;
  return {
    ...headers,
    ...(type && type !== 'multipart/form-data' ? { 'content-type': type } : {}),
    ...(accept ? { accept: acceptForYoga(accept) } : {}),
  };
};
