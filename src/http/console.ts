import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import Negotiator from 'negotiator';
import { addVary } from '../web/vary.js';

export const consolePath = '/console';

/** Where `npm run build` puts the console, seen from src/ as well as from dist/server/. */
const consoleFolder = fileURLToPath(new URL('../../dist/console/', import.meta.url));

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // data: for placeholders, blob: for files that are not uploaded yet
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' } as const;

const endings = { br: '.br', gzip: '.gz', identity: '' } as const;
type Encoding = keyof typeof endings;

/**
 * `GET|HEAD /console` and its script and style sheet, which are named by their hash and kept for ever. They are read with each request: a
 * browser requests it once.
 */
export const consoleRoutes = async (server: FastifyInstance): Promise<void> => {
  const page = await readFile(`${consoleFolder}index.html`, 'utf8');
  const files = (await readdir(consoleFolder)).filter((name) => /\.(js|css)$/.test(name));
  server.route({
    method: ['GET', 'HEAD'],
    url: consolePath,
    config: { rateLimit: false },
    handler: (_request, reply) =>
      reply
        .headers({
          'cache-control': 'no-cache',
          'content-security-policy': contentSecurityPolicy,
          'cross-origin-opener-policy': 'same-origin',
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
        })
        .type('text/html; charset=utf-8')
        .send(page),
  });
  for (const name of files) {
    server.route({
      method: ['GET', 'HEAD'],
      url: `${consolePath}/${name}`,
      config: { rateLimit: false },
      handler: async (request, reply) => {
        const encoding = encodingFor(request.headers['accept-encoding']);
        addVary(reply, 'Accept-Encoding');
        if (encoding !== 'identity') reply.header('content-encoding', encoding);
        return reply
          .headers({ 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' })
          .type(types[name.endsWith('.js') ? 'js' : 'css'])
          .send(await readFile(consoleFolder + name + endings[encoding]));
      },
    });
  }
};

/** The GraphQL documents of the console, as it sends them. */
export const consoleDocuments = async (): Promise<readonly string[]> =>
  JSON.parse(await readFile(`${consoleFolder}documents.json`, 'utf8'));

const encodingFor = (accepted: string | undefined): Encoding => {
  if (accepted === undefined) return 'identity';
  const names = new Negotiator({ headers: { 'accept-encoding': accepted } }).encodings(['br', 'gzip', 'identity']);
  return (['br', 'gzip'] as const).find((name) => names.includes(name)) ?? 'identity';
};
