import { serverUrl } from './execute.js';

/**
 * A URL of this server by the way that the page came. `PUBLIC_URL` may name another host, such as a CDN, which the page may not call.
 */
export const localUrl = (url: string): string => {
  const { pathname, search } = new URL(url);
  const [, path = pathname] =
    /\/(accounts\/[^/]+\/images\/[^/]+\/original|images\/[^/]+(?:\/[^/]*)?)$/.exec(pathname) ?? [];
  return new URL(path + search, serverUrl).href;
};
