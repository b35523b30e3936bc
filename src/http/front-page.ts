import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import Negotiator from 'negotiator';

export interface EntryPoint {
  readonly name: string;
  readonly path: string;
  readonly description: string;
  /** False if `path` is a pattern, which nobody can follow. */
  readonly isLink?: boolean;
}

export interface FrontPageOptions {
  readonly entryPoints: readonly EntryPoint[];
  /** Where clients reach this server; known once it listens. */
  readonly baseUrl: () => string;
  readonly asksForKey: boolean;
  /** The path of the page that a browser gets instead of this one, if there is one. */
  readonly console: string | null;
  /** A shell command that uploads an image. */
  readonly uploadCommand: () => string;
}

const style = `
:root { color-scheme: light dark; --muted: #57606a; --line: #d0d7de; --link: #0550ae; --code: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --muted: #9da7b1; --line: #3d444d; --link: #79b8ff; --code: #212830; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 2.5rem 1.25rem; font: 16px/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { body { background: #151b23; color: #e6edf3; } }
h1 { display: flex; align-items: center; gap: .75rem; margin: 0; font-size: 1.6rem; }
h1 img { width: 2rem; height: 2rem; }
h2 { font-size: 1.1rem; }
p { color: var(--muted); }
dl { margin: 2rem 0; border-top: 1px solid var(--line); }
dl div { padding: .8rem 0; border-bottom: 1px solid var(--line); }
dt { font-weight: 600; }
dd { margin: 0; color: var(--muted); }
a { color: var(--link); }
code { font: .875rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; white-space: pre-wrap; }
`;

const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `GET|HEAD /`: where everything is, as JSON, and in a browser the console or else a page of links. */
export const frontPageRoute = (server: FastifyInstance, options: FrontPageOptions): void => {
  server.route({
    method: ['GET', 'HEAD'],
    url: '/',
    config: { rateLimit: false },
    handler: (request, reply) => {
      reply.headers({ vary: 'Accept', 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
      const type = new Negotiator(request.raw).mediaType(['application/json', 'text/html']);
      if (type !== 'text/html') return reply.send(asJson(options));
      // relative, as the links below
      if (options.console !== null) return reply.redirect(options.console.slice(1));
      return reply
        .headers({ 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer' })
        .type('text/html; charset=utf-8')
        .send(asPage(options));
    },
  });
};

const asJson = ({ entryPoints, baseUrl }: FrontPageOptions) => ({
  name: 'image-facade',
  entryPoints: entryPoints.map(({ name, path, description }) => ({ name, url: baseUrl() + path, description })),
});

const asPage = ({ entryPoints, baseUrl, asksForKey, uploadCommand }: FrontPageOptions): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>image-facade</title>
<link rel="icon" href="favicon.svg" type="image/svg+xml">
<style>${style}</style>
</head>
<body>
<main>
<h1><img src="favicon.svg" alt="">image-facade</h1>
<p>One GraphQL API in front of three image APIs, at <code>${escaped(baseUrl())}</code>. ${asksForKey ? keyNote : openNote}</p>
${asksForKey ? `<pre><code>${escaped(keyCommand)}</code></pre>` : ''}
<dl>
${entryPoints.map(entryOf).join('\n')}
</dl>
<h2>Upload an image</h2>
<pre><code>${escaped(uploadCommand())}</code></pre>
</main>
</body>
</html>
`;

const openNote = 'No key is needed: only this machine can reach it.';
const keyNote = 'Everything except public images needs a key, which <code>npm run keys</code> creates:';
const keyCommand = "npm run keys -- create --account '*' --scope images.read --scope images.write";

// relative, so that a proxy may serve everything below a path
const entryOf = ({ name, path, description, isLink = true }: EntryPoint): string =>
  `<div><dt>${isLink ? `<a href="${escaped(path.slice(1))}">${escaped(name)}</a>` : escaped(name)}</dt>` +
  `<dd><code>${escaped(path)}</code><br>${escaped(description)}</dd></div>`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
