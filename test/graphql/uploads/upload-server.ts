import { access } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createSchema, createYoga } from 'graphql-yoga';
import { defaultLimits } from '../../../src/domain/limits.js';
import { refuseCrossSite } from '../../../src/graphql/csrf.js';
import type { UploadLimits } from '../../../src/graphql/uploads/multipart-form.js';
import { useMultipartUploads } from '../../../src/graphql/uploads/multipart-plugin.js';
import { fileScalar, type UploadedFile } from '../../../src/graphql/uploads/uploaded-file.js';
import { type ObservedSpool, openObservedSpool } from './observed-spool.js';

export interface UploadServer {
  readonly url: string;
  readonly port: number;
  readonly spool: ObservedSpool;
  readonly server: FastifyInstance;
  close(): Promise<void>;
}

const typeDefs = /* GraphQL */ `
  scalar File
  type Upload { byteSize: Int, sha256: String, tooLarge: Boolean!, fileName: String, declaredType: String!, spooled: Boolean! }
  type Query { hello: String! }
  type Mutation {
    upload(file: File!): Upload!
    uploadAll(files: [File!]!): [Upload!]!
    sameFile(one: File!, other: File!): Boolean!
    fail(file: File!): Upload!
    echo(text: String!): String!
    slow(file: File!): Upload!
  }
`;

const describe = async ({ received, fileName, declaredType }: UploadedFile) => ({
  ...('path' in received ? received : {}),
  tooLarge: 'tooLarge' in received,
  fileName,
  declaredType,
  spooled:
    'path' in received &&
    (await access(received.path).then(
      () => true,
      () => false,
    )),
});

/** A server with nothing but uploads, on a spool whose folder can be looked into. `slow` answers when `finishSlow` is called. */
export async function startUploadServer(
  limits: Partial<UploadLimits> = {},
  slow: () => Promise<void> = async () => {},
): Promise<UploadServer> {
  const spool = await openObservedSpool();
  const yoga = createYoga<{ req: FastifyRequest; reply: FastifyReply }>({
    schema: createSchema({
      typeDefs,
      resolvers: {
        File: fileScalar,
        Query: { hello: () => 'world' },
        Mutation: {
          upload: (_, { file }: { file: UploadedFile }) => describe(file),
          uploadAll: (_, { files }: { files: UploadedFile[] }) => files.map(describe),
          sameFile: (_, { one, other }: { one: UploadedFile; other: UploadedFile }) => one === other,
          echo: (_, { text }: { text: string }) => text,
          fail: () => {
            throw new Error('A fault of the resolver');
          },
          slow: async (_, { file }: { file: UploadedFile }) => {
            await slow();
            return describe(file);
          },
        },
      },
    }),
    logging: false,
    graphiql: false,
    multipart: false,
    maxRequestBodySize: false,
    plugins: [useMultipartUploads(spool, { ...defaultLimits, ...limits })],
  });
  const server = Fastify();
  await server.register(async (graphql) => {
    graphql.removeAllContentTypeParsers();
    graphql.addContentTypeParser('*', (_request, _payload, done) => done(null));
    graphql.addHook('onRequest', refuseCrossSite);
    graphql.route({
      url: '/graphql',
      method: ['GET', 'POST', 'OPTIONS'],
      handler: (req, reply) => yoga.handleNodeRequestAndResponse(req, reply, { req, reply }),
    });
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    port,
    spool,
    server,
    close: async () => {
      await server.close();
      await spool.remove();
    },
  };
}
