import type { Config } from '../config.js';
import { consolePath } from '../http/console.js';
import { publicImagePaths } from './entry-points.js';

interface Start {
  /** Where clients reach the server. */
  readonly baseUrl: string;
  readonly config: Pick<Config, 'auth' | 'console' | 'corsOrigins' | 'graphiql' | 'introspection' | 'transforms'>;
  /** The `.env` file that was read, if any. */
  readonly environmentFile: string | null;
}

/** What the server prints once it listens: where everything is, and lines that work when pasted into a shell. */
export const startMessage = ({ baseUrl, config, environmentFile }: Start): string => {
  const asksForKey = config.auth === 'keys';
  return `
image-facade serves at ${baseUrl}
${environmentFile === null ? '' : `configured by ${environmentFile} as well as the environment\n`}
  ${config.console ? `console        ${baseUrl}${consolePath}` : `overview       ${baseUrl}/`}
  GraphQL        ${baseUrl}/graphql${config.graphiql ? ' (GraphiQL in a browser)' : ''}
${config.introspection ? `  schema         ${baseUrl}/schema.graphql\n` : ''}  public images  ${baseUrl}${publicImagePaths[config.transforms]}
${asksForKey ? keyNote : ''}${config.corsOrigins.length === 0 ? pageNote : ''}
Upload an image:

${uploadCommand(baseUrl, asksForKey).replace(/^/gm, '  ')}
`;
};

const keyNote = `
Images and metal images are read and changed with a key, except for public URLs. Create one:

  npm run keys -- create --account '*' --scope images.read --scope images.write
`;

const pageNote = `
To call it from a page of another origin, such as Vite's development server:

  CORS_ORIGINS=http://localhost:5173 npm start
`;

/** What works, but probably not as intended. */
export const startWarnings = ({
  host,
  publicUrl,
  port,
  database,
  signingKeys,
}: Pick<Config, 'host' | 'publicUrl' | 'port' | 'database' | 'signingKeys'>): string[] => [
  ...(publicUrl === null && isWildcard(host)
    ? [
        `HOST=${host} without PUBLIC_URL: every link in a response starts with http://localhost:${port}, which works on this machine only. ` +
          'Set PUBLIC_URL to the address that clients use, such as https://images.example.com.',
      ]
    : []),
  ...(database.kind === 'postgresql' && signingKeys.length === 0
    ? [
        'PostgreSQL without SIGNING_KEYS: each server signs URLs of originals with a key of its own, so the others refuse them. ' +
          'Give all servers the same SIGNING_KEYS.',
      ]
    : []),
];

/** A shell command that uploads `photo.jpg` from the working folder. */
export const uploadCommand = (baseUrl: string, asksForKey: boolean): string =>
  `curl ${baseUrl}/graphql ${asksForKey ? '-u id:secret ' : ''}-H 'Apollo-Require-Preflight: 1' \\
  -F 'operations={"query":"mutation($file: File!) { uploadImage(input: { accountId: \\"3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb\\", file: $file }) { ... on UploadImagePayload { image { id url } } ... on Error { code message } } }","variables":{"file":null}}' \\
  -F 'map={"0":["variables.file"]}' -F '0=@photo.jpg'`;

const urlOf = (address: string): string => `http://${address.includes(':') ? `[${address}]` : address}`;

/** Whether an address to listen on means all addresses of a machine, so that no link can lead to it. */
const isWildcard = (address: string): boolean =>
  URL.canParse(urlOf(address)) && ['0.0.0.0', '[::]'].includes(new URL(urlOf(address)).hostname);

/** The URL at which a server that listens at an address is reached from its own machine. */
export const ownUrl = (address: string, port: number): string =>
  isWildcard(address) ? `http://localhost:${port}` : `${urlOf(address)}:${port}`;
