import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

interface Stored {
  readonly status: number;
  readonly headers: readonly [string, string][];
  readonly body: Buffer;
  readonly tags: readonly string[];
  readonly expiresAtMs: number;
}

interface PurgeRequest {
  readonly tags: readonly string[];
  readonly headers: IncomingMessage['headers'];
}

/** A cache in front of servers, which goes by the headers for CDNs and is purged by tags: `GET|HEAD /…` and `POST /purge`. */
export interface SmallCdn {
  readonly url: string;
  readonly purgeUrl: string;
  /** The base URLs of the servers behind it, which are asked in turn. */
  readonly origins: string[];
  /** Every request to purge that came in, refused ones too. */
  readonly purges: PurgeRequest[];
  /** The tags of these requests. */
  readonly purgedTags: () => string[];
  /** Responds to a request to purge in place of the CDN. */
  refuse: ((response: ServerResponse) => void) | undefined;
  /** Waited for with each response of a server, before it is stored. */
  onFetched: (() => Promise<void>) | undefined;
}

const separatorOf = { 'cache-tag': ',', 'surrogate-key': ' ' } as const;

/** Seconds for which a shared cache may store a response: by RFC 9213, then RFC 9111. It stores nothing without a lifetime. */
const lifetimeOf = (headers: Headers): number => {
  const control = headers.get('cdn-cache-control') ?? headers.get('cache-control') ?? '';
  if (/\b(no-store|private|no-cache)\b/.test(control)) return 0;
  return Number(/\bs-maxage=(\d+)/.exec(control)?.[1] ?? /\bmax-age=(\d+)/.exec(control)?.[1] ?? 0);
};

export const startSmallCdn = async (tagHeader: keyof typeof separatorOf = 'cache-tag'): Promise<SmallCdn> => {
  const kept = new Map<string, Stored>();
  let turn = 0;

  const fetchStored = async (path: string, accept: string): Promise<Stored> => {
    const origin = cdn.origins[turn % cdn.origins.length];
    turn += 1;
    const response = await fetch(`${origin}${path}`, { headers: { accept } });
    const { status, headers } = response;
    const stored = {
      status,
      // a CDN removes what is for it alone, and the body is decoded
      headers: [...headers].filter(
        ([name]) => !['cdn-cache-control', 'connection', 'keep-alive', 'content-length', tagHeader].includes(name),
      ),
      body: Buffer.from(await response.arrayBuffer()),
      tags: headers.get(tagHeader)?.split(separatorOf[tagHeader]) ?? [],
      expiresAtMs: performance.now() + lifetimeOf(headers) * 1000,
    };
    await cdn.onFetched?.();
    return stored;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '/', headers, method } = request;
    const key = `${url}\n${headers.accept ?? ''}`;
    const found = kept.get(key);
    const isHit = found !== undefined && found.expiresAtMs > performance.now();
    const stored = isHit ? found : await fetchStored(url, headers.accept ?? '*/*');
    if (stored.expiresAtMs > performance.now()) kept.set(key, stored);
    else kept.delete(key);
    response.writeHead(stored.status, [...stored.headers.flat(), 'x-cache', isHit ? 'HIT' : 'MISS']);
    response.end(method === 'HEAD' ? undefined : stored.body);
  };

  const purge = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { tags } = (await json(request)) as { tags: string[] };
    cdn.purges.push({ tags, headers: request.headers });
    if (cdn.refuse) return cdn.refuse(response);
    for (const [key, stored] of kept) if (stored.tags.some((tag) => tags.includes(tag))) kept.delete(key);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true}');
  };

  const server = createServer((request, response) => {
    const work = request.method === 'POST' ? purge(request, response) : serve(request, response);
    work.catch((error) => response.writeHead(502).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cdn: SmallCdn = {
    url,
    purgeUrl: `${url}/purge`,
    origins: [],
    purges: [],
    purgedTags: () => cdn.purges.flatMap(({ tags }) => tags),
    refuse: undefined,
    onFetched: undefined,
  };
  return cdn;
};
