import { createHash } from 'node:crypto';
import { fileBar, sendFiles } from './graphiql-files.js';

export interface GraphiqlOptions {
  /** The path of the GraphQL endpoint, such as `/graphql`. */
  readonly endpoint: string;
  /** The document that a first visitor sees; asked for once, with the first request. */
  readonly defaultQuery: () => string;
}

const title = 'image-facade';

/**
 * GraphiQL has no option for open docs: it opens the plugin whose title is stored, and removes the title when the docs are closed. A
 * mark of our own makes it the first visit only. In a narrow window,
 * or if the browser refuses storage, they stay closed.
 */
const openDocsOnce = `
  try {
    if (!localStorage.getItem('image-facade:visited') && innerWidth >= 900) {
      localStorage.setItem('image-facade:visited', 'true');
      localStorage.setItem('graphiql:visiblePlugin', 'Documentation Explorer');
    }
  } catch {}
`;

/**
 * GraphiQL looks among its stored tabs for one with the query, variables and headers that it starts with. It no longer stores those
 * itself, so that after a reload it finds none and opens an empty tab on top. This stores what the tab has that was open, or the one
 * that has the query of the address.
 */
const reopenTab = `
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'));
    const query = new URL(location.href).searchParams.get('query');
    const active = tabs[activeTabIndex];
    const tab = query === null || active.query === query ? active : tabs.find((other) => other.query === query);
    const start = tab || { query, headers: active.headers };
    for (const name of ['query', 'variables', 'headers']) {
      if (start[name]) localStorage.setItem('graphiql:' + name, start[name]);
      else localStorage.removeItem('graphiql:' + name);
    }
  } catch {}
`;

/** The whole page in one document, and the policy that keeps it from loading or sending anything elsewhere. */
export async function renderGraphiql(
  options: GraphiqlOptions,
): Promise<{ readonly html: string; readonly contentSecurityPolicy: string }> {
  // 44 MiB and a quarter of a second, spent only if the page is opened.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const rendered = renderGraphiQL({
    ...options,
    defaultQuery: options.defaultQuery(),
    title,
    shouldPersistHeaders: true,
  });
  const page = changes.reduce(replaceOnce, rendered);
  const root = '<div id="root"></div>';
  const firstScript = openDocsOnce + reopenTab + sendFiles;
  const html = page.replace(root, () => `<script>${firstScript}</script>${root}${fileBar}`);
  return { html, contentSecurityPolicy: policyFor([firstScript, mainScriptOf(page)]) };
}

/** Changes to GraphiQL's compiled code, for which it has no option: the text, and its replacement. */
const changes = [
  // a syntax error is about the visitor's document: which of GraphiQL's functions found it helps nobody
  ['{message:n.message,stack:n.stack}', '{message:n.message,stack:void 0}'],
  // all editors wrap lines, as the one for responses does: half of a window is narrow
  ['fontSize:15,minimap:{enabled:!1}', 'wordWrap:"on",fontSize:15,minimap:{enabled:!1}'],
] as const;

const replaceOnce = (page: string, [from, to]: readonly [string, string]): string => {
  const start = page.indexOf(from);
  if (start === -1) throw new Error(`This version of GraphiQL has no ${from} to change.`);
  return page.slice(0, start) + to + page.slice(start + from.length);
};

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
