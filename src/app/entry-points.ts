import type { Config } from '../config.js';
import { consolePath } from '../http/console.js';
import type { EntryPoint } from '../http/front-page.js';

const publicImageDescriptions: Readonly<Record<Config['transforms'], string>> = {
  any: 'Images in any size, shape and format, without a key.',
  presets: 'Images as one of the presets, without a key.',
  signed: 'Images at signed URLs, which GraphQL returns, without a key.',
};

/** How a public image is requested without GraphQL, by who decides what is rendered. */
export const publicImagePaths: Readonly<Record<Config['transforms'], string>> = {
  any: '/images/{publicId}?size=WxH',
  presets: '/images/{publicId}?preset=NAME',
  signed: '/images/{publicId}?...&sig=SIGNATURE',
};

/** What `/` lists: only what this configuration serves. */
export const entryPointsOf = ({
  console,
  graphiql,
  introspection,
  mcp,
  transforms,
}: Pick<Config, 'console' | 'graphiql' | 'introspection' | 'mcp' | 'transforms'>): EntryPoint[] => [
  ...(console ? [{ name: 'Console', path: consolePath, description: 'A page to look after the images.' }] : []),
  graphiql
    ? { name: 'GraphQL and GraphiQL', path: '/graphql', description: 'The API; in a browser, a page to explore it.' }
    : { name: 'GraphQL', path: '/graphql', description: 'The API, by POST or GET.', isLink: false },
  ...(introspection
    ? [{ name: 'Schema', path: '/schema.graphql', description: 'The GraphQL schema, for code generators and editors.' }]
    : []),
  {
    name: 'Public images',
    path: publicImagePaths[transforms],
    description: publicImageDescriptions[transforms],
    isLink: false,
  },
  {
    name: 'REST',
    path: '/openapi.json',
    description: "The OpenAPI document of the routes that the vendors' SDKs use.",
  },
  ...(mcp
    ? [{ name: 'MCP', path: '/mcp', description: 'Tools for models, by the Model Context Protocol.', isLink: false }]
    : []),
  { name: 'Readiness', path: '/health/ready', description: 'Whether the server can do its work.' },
  { name: 'Metrics', path: '/metrics', description: 'Counts for Prometheus.' },
];
