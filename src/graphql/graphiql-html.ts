import { createHash } from 'node:crypto';

export interface GraphiqlOptions {
  /** The path of the GraphQL endpoint, such as `/graphql`. */
  readonly endpoint: string;
  /** The document that a first visitor sees; asked for once, with the first request. */
  readonly defaultQuery: () => string;
}

const title = 'image-facade';

/**
 * GraphiQL has no option for open docs: it opens the plugin whose title is stored, and forgets it when the docs are closed. A mark of
 * our own makes it the first visit only. Storage may be refused; then the docs stay closed.
 */
const openDocsOnce = `
  try {
    if (!localStorage.getItem('image-facade:visited')) {
      localStorage.setItem('image-facade:visited', 'true');
      localStorage.setItem('graphiql:visiblePlugin', 'Documentation Explorer');
    }
  } catch {}
`;

/** The whole page in one document, and the policy that keeps it from loading or sending anything elsewhere. */
export async function renderGraphiql(
  options: GraphiqlOptions,
): Promise<{ readonly html: string; readonly contentSecurityPolicy: string }> {
  // 44 MiB and a quarter of a second, for those who open the page only.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const rendered = renderGraphiQL({
    ...options,
    defaultQuery: options.defaultQuery(),
    title,
    shouldPersistHeaders: true,
  });
  const root = '<div id="root"></div>';
  const html = rendered.replace(root, () => `<script>${openDocsOnce}</script>${root}`);
  return { html, contentSecurityPolicy: policyFor([openDocsOnce, mainScriptOf(rendered)]) };
}

/** The page has one script, and the text of that script has opening tags in it, but cannot have a closing one. */
function mainScriptOf(html: string): string {
  return html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'));
}

/** Scripts by their hash: an injected one does not run. The editor needs inline styles and makes its workers from blobs. */
function policyFor(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'font-src data:',
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
