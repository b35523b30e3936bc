import type { FastifyInstance } from 'fastify';
import { utf8Text } from '../../lib/utf8.js';

/** A body whose bytes are no UTF-8; each scope's error handler gives it the form of its API. */
export class NotUtf8Error extends Error {
  override readonly name = 'NotUtf8Error';
  readonly statusCode = 400;
  constructor() {
    super('The body is not valid UTF-8.');
  }
}

/** Reads JSON as Fastify does, but for bytes that are no UTF-8: those it would replace, and their text would be stored changed. */
export const readJsonAsUtf8 = (server: FastifyInstance): void => {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = utf8Text(body);
    if (text === null) done(new NotUtf8Error());
    else parse(request, text, done);
  });
};
