import Fastify from 'fastify';
import mercurius from 'mercurius';
import { handleMessages } from './baseline.js';

/** The least that Mercurius can do without its JIT, and without logs. Responds with the URL. */
handleMessages(async () => {
  const server = Fastify({ logger: false });
  server.register(mercurius, {
    schema: 'type Query { hello: String! }',
    resolvers: { Query: { hello: () => 'world' } },
    jit: 0,
  });
  return { url: `${await server.listen({ port: 0, host: '127.0.0.1' })}/graphql` };
});
