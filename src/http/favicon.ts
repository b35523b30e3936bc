import type { FastifyInstance } from 'fastify';

/** A frame with a sun over a mountain. */
const faviconSvg =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#3b5bdb"/>' +
  '<circle cx="22" cy="10.5" r="3.5" fill="#ffd43b"/><path d="M4 26 12.5 12 18 20.5l3-3.5 7 9z" fill="#fff"/></svg>';

const oneDay = 'public, max-age=86400';

/** The icon of the pages, also at the path that browsers ask for by themselves. */
export const faviconRoutes = (server: FastifyInstance): void => {
  for (const url of ['/favicon.svg', '/favicon.ico']) {
    server.get(url, { config: { rateLimit: false } }, (_request, reply) =>
      reply
        .headers({ 'cache-control': oneDay, 'content-type': 'image/svg+xml', 'x-content-type-options': 'nosniff' })
        .send(faviconSvg),
    );
  }
};
