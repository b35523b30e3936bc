import type { RestServer } from '../../http/rest-server.js';
import { MetalFault } from './metal-fault.js';

/**
 * "Trailing `/` on the path is tolerated": each route that is registered after this has a twin with one. The API document has each
 * operation once.
 */
export const tolerateSlash = (server: RestServer, isDocumented: boolean): void => {
  server.addHook('onRoute', (route) => {
    const { method, routePath, handler, config } = route;
    const isTwin = routePath.endsWith('/');
    // what other hooks made of the route they make of its twin too, so that only what the operation said is handed on
    if (!isTwin) server.route({ method, url: `${routePath}/`, handler, ...(config ? { config } : {}) });
    if (isTwin || !isDocumented) route.schema = { ...route.schema, hide: true };
  });
};

/** "404: Page Not Found". */
export const answerNotFound = async (): Promise<never> => {
  throw new MetalFault(404, '404: Page Not Found');
};

/** The same, and "405: Method Not Allowed (+Allow)" where the path is served by other methods. */
export const answerUnrouted = (server: RestServer): void => {
  const served: { method: string; path: string }[] = [];
  server.addHook('onRoute', ({ method, url }) => {
    served.push(...[method].flat().map((name) => ({ method: name, path: url })));
  });
  server.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = served.filter((route) => fits(path, route.path)).map(({ method }) => method);
    if (allowed.length === 0 || allowed.includes(request.method)) return answerNotFound();
    reply.header('allow', allowed.join(', '));
    throw new MetalFault(405, '405: Method Not Allowed');
  });
};

/** Whether a path is one of those that a route is registered for. */
const fits = (path: string, routePath: string): boolean => {
  const given = path.split('/');
  const wanted = routePath.split('/');
  return given.length === wanted.length && wanted.every((part, index) => part.startsWith(':') || part === given[index]);
};
