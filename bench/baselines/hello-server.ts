import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { createSchema, createYoga, type YogaInitialContext } from 'graphql-yoga';
import { answerMessages } from './baseline.js';

interface ServerContext {
  req: FastifyRequest;
  reply: FastifyReply;
}

const schema = createSchema<ServerContext & YogaInitialContext>({
  typeDefs: 'type Query { hello: String! }',
  resolvers: { Query: { hello: () => 'world' } },
});

/** The least that Yoga on Fastify can do, mounted as Yoga's documentation has it. Answers the URL. */
answerMessages(async () => {
  const server = Fastify({ logger: false });
  const yoga = createYoga<ServerContext>({ schema, logging: false, graphiql: false });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));
  server.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: (req, reply) => yoga.handleNodeRequestAndResponse(req, reply, { req, reply }),
  });
  return { url: `${await server.listen({ port: 0, host: '127.0.0.1' })}/graphql` };
});
