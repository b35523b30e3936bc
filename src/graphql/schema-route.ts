import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import fresh from 'fresh';
import { printedSchema } from './schema.js';

/** `GET|HEAD /schema.graphql`: the schema in the schema definition language, for code generators and editors. */
export const schemaRoute = (server: FastifyInstance, { introspection }: { readonly introspection: boolean }): void => {
  let printed: { readonly text: string; readonly etag: string } | undefined;
  const print = () => {
    const text = printedSchema();
    return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` };
  };
  server.route({
    method: ['GET', 'HEAD'],
    url: '/schema.graphql',
    handler: (request, reply) => {
      if (!introspection) {
        return reply.code(404).header('cache-control', 'no-store').send({
          error: 'This server does not show its schema: INTROSPECTION is off.',
        });
      }
      printed ??= print();
      reply.headers({ etag: printed.etag, 'cache-control': 'no-cache', vary: 'Accept-Encoding' });
      if (fresh({ 'if-none-match': request.headers['if-none-match'] }, printed)) return reply.code(304).send();
      return reply
        .headers({ 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
        .send(printed.text);
    },
  });
};
