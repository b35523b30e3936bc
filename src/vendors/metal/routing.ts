import { ServedPaths } from '../../web/guards/served-paths.js';
import type { RestServer } from '../../web/rest-server.js';
import { MetalFault } from './metal-fault.js';

/**
 * "Trailing `/` on the path is tolerated": each route that is registered after this has a twin with one. The API document has each
 * operation once.
 */
export const tolerateSlash = (server: RestServer, isDocumented: boolean): void => {
  server.addHook('onRoute', (route) => {
    const { method, routePath, handler, config } = route;
    const isTwin = routePath.endsWith('/');
    // other hooks change the twin as they changed the route, so only the operation's own settings are passed on
    if (!isTwin) server.route({ method, url: `${routePath}/`, handler, ...(config ? { config } : {}) });
    if (isTwin || !isDocumented) route.schema = { ...route.schema, hide: true };
  });
};

/**
 * Removes doubled slashes from the paths of this API: clients join a base URL that ends in a slash with a path that begins with
 * one. Other paths stay as they are.
 */
export const mergeSlashes = (basePath: string): ((url: string) => string) => {
  const prefixes = [`${basePath}/`, '/v1/'];
  return (url) => {
    if (!url.includes('//') || !url.startsWith('/')) return url;
    const path = url.split('?', 1)[0] ?? '';
    const merged = path.replace(/\/{2,}/g, '/');
    return prefixes.some((prefix) => prefix !== '/' && merged.startsWith(prefix))
      ? merged + url.slice(path.length)
      : url;
  };
};

/** "404: Page Not Found". */
export const refuseUnknownPath = async (): Promise<never> => {
  throw new MetalFault(404, '404: Page Not Found');
};

/** The same, and "405: Method Not Allowed (+Allow)" where the path is served by other methods. */
export const refuseUnrouted = (server: RestServer): void => {
  const served = new ServedPaths(server);
  server.setNotFoundHandler(async ({ method, url }, reply) => {
    const allowed = served.methodsAt(url);
    if (allowed.length === 0 || allowed.includes(method)) return refuseUnknownPath();
    reply.header('allow', allowed.join(', '));
    throw new MetalFault(405, '405: Method Not Allowed');
  });
};
