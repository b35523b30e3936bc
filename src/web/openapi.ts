import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import swagger, { type SwaggerTransform } from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject, validatorCompiler } from 'fastify-type-provider-zod';
import { isNotModified } from './conditional.js';
import { tidyDocument } from './openapi-document.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the API document says of a route in addition to what Fastify validates: bodies that stream, and queries that the domain parses. */
    documented?: FastifySchema;
  }
}

export interface OpenApiOptions {
  /** Where clients reach this server; known once it listens. */
  readonly baseUrl: () => string;
}

/**
 * Serves the OpenAPI document of all routes that are registered after this and have a tag, at `/openapi.json`. Their zod schemas say
 * what requests may contain; responses are typed and tested against the document, and cost nothing but JSON while the server runs.
 */
export const describeApi = async (server: FastifyInstance, { baseUrl }: OpenApiOptions): Promise<void> => {
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(() => JSON.stringify);
  await server.register(swagger, {
    hideUntagged: true,
    openapi: { openapi: '3.1.0', info, tags, components: { securitySchemes, headers } },
    transform: withDocumented,
    transformObject: jsonSchemaTransformObject,
  });

  let document: { readonly text: string; readonly etag: string } | undefined;
  const build = () => {
    const text = JSON.stringify({ ...tidyDocument(server.swagger()), servers: [{ url: baseUrl() }] });
    return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` };
  };
  server.get('/openapi.json', (request, reply) => {
    document ??= build();
    reply.headers({ etag: document.etag, 'cache-control': 'no-cache', vary: 'Accept-Encoding' });
    if (isNotModified(request.headers, document.etag)) return reply.code(304).send();
    return reply.type('application/json').send(document.text);
  });
};

const withDocumented: SwaggerTransform = ({ schema, route, ...rest }) =>
  jsonSchemaTransform({ ...rest, route, schema: { ...schema, ...route.config?.documented } });

/** Of this server. */
export const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const info = {
  title: 'image-facade',
  version,
  description: 'The REST routes next to GraphQL, as the clients of three image APIs know them.',
  license: { name: 'MIT', identifier: 'MIT' },
};

const tags = [
  { name: 'Public images', description: 'Bytes for browsers and CDNs, and the untouched originals.' },
  { name: 'Moov images', description: "Images of accounts, as Moov's clients know them." },
  { name: 'Moov tokens', description: 'Access tokens by OAuth 2.0.' },
  { name: 'Metal images', description: "Operating-system images, as metal-stack's clients know them." },
  { name: 'Glean images', description: "Images found by a key or an address, as Glean's clients know them." },
];

const securitySchemes = {
  basic: { type: 'http', scheme: 'basic', description: 'The id and the secret of a key.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'A key as `id.secret`, or an access token.' },
  hmac: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description:
      '`Metal-View`, `Metal-Edit` or `Metal-Admin` with a signature over X-Date, the method and X-Data-Salt.',
  },
} as const;

const headers = {
  'X-Request-ID': { description: 'Names the request in the log.', schema: { type: 'string', format: 'uuid' } },
} as const;
