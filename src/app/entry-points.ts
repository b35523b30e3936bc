import type { Config } from '../config.js';
import { consolePath } from '../http/console.js';
import type { EntryPoint } from '../http/front-page.js';

/** What `/` lists: only what this configuration serves. */
export const entryPointsOf = ({
  console,
  graphiql,
  introspection,
}: Pick<Config, 'console' | 'graphiql' | 'introspection'>): EntryPoint[] => [
  ...(console ? [{ name: 'Console', path: consolePath, description: 'A page to look after the images.' }] : []),
  graphiql
    ? { name: 'GraphQL and GraphiQL', path: '/graphql', description: 'The API; in a browser, a page to explore it.' }
    : { name: 'GraphQL', path: '/graphql', description: 'The API, by POST or GET.', isLink: false },
  ...(introspection
    ? [{ name: 'Schema', path: '/schema.graphql', description: 'The GraphQL schema, for code generators and editors.' }]
    : []),
  {
    name: 'Public images',
    path: '/images/{publicId}?size=WxH',
    description: 'Images in any size, shape and format, without a key.',
    isLink: false,
  },
  {
    name: 'REST',
    path: '/openapi.json',
    description: "The OpenAPI document of the routes that the vendors' SDKs use.",
  },
  { name: 'Readiness', path: '/health/ready', description: 'Whether the server can do its work.' },
  { name: 'Metrics', path: '/metrics', description: 'Counts for Prometheus.' },
];
