import { signal } from '@preact/signals';

/** Where in the console: the fragment of the address, which is never sent to a server. */
export type Route =
  | {
      readonly page: 'images';
      readonly accountId: string | null;
      readonly imageId: string | null;
      readonly query: string;
    }
  | { readonly page: 'metal' }
  | { readonly page: 'api' };

const parseRoute = (hash: string): Route => {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [page, ...parts] = path.split('/').map(decoded);
  if (page === 'api') return { page };
  if (page === 'metal') return { page };
  return { page: 'images', accountId: parts[0] || null, imageId: parts[1] || null, query };
};

export const hrefOf = (route: Route): string => {
  if (route.page === 'api') return '#/api';
  if (route.page === 'metal') return '#/metal';
  return pathOf(['images', route.accountId, route.imageId]) + (route.query && `?${route.query}`);
};

const pathOf = (parts: readonly (string | null)[]): string =>
  `#/${parts
    .filter((part) => part !== null)
    .map(encodeURIComponent)
    .join('/')}`;

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

export const route = signal<Route>(parseRoute(location.hash));

addEventListener('hashchange', () => {
  route.value = parseRoute(location.hash);
});

export const goTo = (next: Route, { replace = false } = {}): void => {
  const href = hrefOf(next);
  if (replace) history.replaceState(null, '', href);
  else if (href !== location.hash) history.pushState(null, '', href);
  route.value = next;
};

/** The address of an image within the list that is shown. */
export const hrefOfImage = ({
  accountId,
  imageId,
}: {
  readonly accountId: string;
  readonly imageId: string;
}): string => {
  const here = route.peek();
  return hrefOf({ page: 'images', accountId, imageId, query: here.page === 'images' ? here.query : '' });
};
