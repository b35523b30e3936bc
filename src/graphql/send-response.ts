import type { FastifyReply } from 'fastify';
import type { ExecutionResult } from 'graphql';

/** What Yoga refuses without a word, by status: code and message. */
const wordless: Readonly<Record<number, readonly [code: string, message: string]>> = {
  406: [
    'NOT_ACCEPTABLE',
    'Accept names no type that is served here. A result is application/graphql-response+json or application/json. ' +
      'A subscription is text/event-stream, or multipart/mixed with subscriptionSpec=1.0.',
  ],
  415: [
    'UNSUPPORTED_MEDIA_TYPE',
    'A POST is application/json, multipart/form-data with files, application/graphql or application/x-www-form-urlencoded.',
  ],
};

/** Results depend on the key and change with every write. */
const caching = 'private, no-store';

/** Sends a result that has neither errors nor extensions, as Yoga does. */
export const sendPlainResult = (reply: FastifyReply, type: string, result: ExecutionResult): FastifyReply =>
  reply.headers({ 'content-type': `${type}; charset=utf-8`, 'cache-control': caching }).send(JSON.stringify(result));

/** Sends what Yoga responds: one result as a whole, so that it can be compressed, and a stream as it comes. */
export const sendResponse = async (reply: FastifyReply, response: Response): Promise<FastifyReply> => {
  const type = response.headers.get('content-type') ?? '';
  if (type !== '' && !/^application\/(?:graphql-response\+)?json\b/.test(type)) return reply.send(response);
  const text = await response.text();
  const refusal = text === '' ? wordless[response.status] : undefined;
  const body = refusal ? JSON.stringify({ errors: [{ message: refusal[1], extensions: { code: refusal[0] } }] }) : text;
  reply
    .code(response.status)
    .headers(Object.fromEntries(response.headers))
    .header('cache-control', caching)
    .removeHeader('content-length');
  if (refusal) reply.header('content-type', 'application/json; charset=utf-8').removeHeader('accept');
  return reply.send(body);
};
