import type { FastifyInstance } from 'fastify';

/** Whether a path matches a route's pattern. */
const fits = (path: readonly string[], pattern: readonly string[]): boolean =>
  path.length === pattern.length &&
  pattern.every((part, index) => (part.startsWith(':') ? path[index] !== '' : part === path[index]));

/** The paths of the routes that are registered after this, with the methods of each. */
export class ServedPaths {
  readonly #patterns = new Map<string, Set<string>>();

  constructor(server: FastifyInstance) {
    server.addHook('onRoute', ({ method, url }) => {
      const methods = this.#patterns.get(url) ?? new Set();
      for (const name of [method].flat()) methods.add(name);
      this.#patterns.set(url, methods);
    });
  }

  /** The methods that are served at the path of a URL; empty if none is. */
  methodsAt(url: string): string[] {
    const path = (url.split('?', 1)[0] ?? '').split('/');
    const found = [...this.#patterns].filter(([pattern]) => fits(path, pattern.split('/')));
    return [...new Set(found.flatMap(([, methods]) => [...methods]))];
  }
}
