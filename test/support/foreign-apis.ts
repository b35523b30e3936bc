import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { plainPng } from './sample-images.js';

/** May handle a request instead of the API; returns whether it did. */
type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface ForeignApi {
  readonly url: string;
  /** Paths with their queries, in the order of the requests. */
  readonly requests: string[];
  /** Set by a test to let the API misbehave. */
  intercept: Intercept;
}

const listen = async (handle: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<ForeignApi> => {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (!api.intercept(request, response)) handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const api: ForeignApi = { url, requests, intercept: () => false };
  return api;
};

const send = (response: ServerResponse, status: number, type: string, body: string | Uint8Array): void => {
  response.writeHead(status, { 'content-type': type, 'x-request-id': randomUUID() });
  response.end(body);
};

const json = (response: ServerResponse, status: number, value: unknown): void =>
  send(response, status, 'application/json', JSON.stringify(value));

/** An image as Moov's contract describes it, with the bytes that its public URL serves. */
export interface MoovImage {
  imageID: string;
  publicID: string;
  altText?: string;
  createdOn: string;
  updatedOn: string;
  disabledOn?: string;
  bytes: Uint8Array;
  type?: string;
}

const newPublicId = () => randomUUID().replaceAll('-', '').slice(0, 21);

/** An image of its own for each number, which its dates show. */
export const moovImage = async (index: number): Promise<MoovImage> => ({
  imageID: randomUUID(),
  publicID: newPublicId(),
  createdOn: `2024-01-15T10:30:00.${String(index).padStart(3, '0')}Z`,
  updatedOn: `2025-02-16T11:31:00.${String(index).padStart(3, '0')}Z`,
  bytes: await plainPng({ width: 12, height: 8 }, [index % 256, index >> 8, 7]),
});

export const moovImages = (count: number): Promise<MoovImage[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => moovImage(index)));

export const moovKeys = { publicKey: 'moov-public', secretKey: 'moov-secret' };
export const moovToken = 'moov-token';

/**
 * Moov's images by its contract alone: Basic authentication or an access token, a bare array with `skip` and `count` (default 20), disabled images only by
 * their id, public renditions without a key.
 * @param pageMax The most images of a page; a larger `count` gets as many.
 */
export const startMoov = async (account: string, images: MoovImage[], pageMax = 200): Promise<ForeignApi> => {
  const expected = `Basic ${Buffer.from(`${moovKeys.publicKey}:${moovKeys.secretKey}`).toString('base64')}`;
  const api = await listen((request, response) => {
    const url = new URL(request.url ?? '', 'http://moov');
    const [first, id, third, imageID] = url.pathname.split('/').slice(1);
    if (first === 'images' && third === undefined) {
      const image = images.find(({ publicID }) => publicID === id);
      if (!image || !/^\d+x\d+$/.test(url.searchParams.get('size') ?? '400x400')) return json(response, 404, {});
      return send(response, 200, image.type ?? 'image/png', image.bytes);
    }
    const { authorization = '' } = request.headers;
    if (![expected, `Bearer ${moovToken}`].includes(authorization)) return json(response, 401, {});
    if (first !== 'accounts' || id !== account || third !== 'images') return json(response, 404, {});
    const present = ({ bytes: _, type: __, ...wire }: MoovImage) => ({
      ...wire,
      link: `${api.url}/images/${wire.publicID}`,
    });
    if (imageID !== undefined) {
      const image = images.find((each) => each.imageID === imageID);
      return image ? json(response, 200, present(image)) : json(response, 404, {});
    }
    const skip = Number(url.searchParams.get('skip') ?? 0);
    const count = Math.min(Number(url.searchParams.get('count') ?? 20), pageMax);
    const listed = images.filter(({ disabledOn }) => disabledOn === undefined);
    json(response, 200, listed.slice(skip, skip + count).map(present));
  });
  return api;
};

/** A metal image as metal-api's contract has it on the wire. */
export interface MetalResponse {
  id: string;
  name: string;
  description: string;
  url: string;
  features: string[];
  classification: string;
  expirationDate: string;
  created: string;
  changed: string;
}

export const metalImage = (id: string, more: Partial<MetalResponse> = {}): MetalResponse => ({
  id,
  name: `Name of ${id}`,
  description: '',
  url: 'http://images.example.com/a.tar.lz4',
  features: ['machine'],
  classification: 'supported',
  expirationDate: '2030-01-01T00:00:00Z',
  created: '2021-02-03T04:05:06.123456789+02:00',
  changed: '2022-03-04T05:06:07.5Z',
  ...more,
});

export const metalKey = 'metal-view-key';
export const metalToken = 'metal-token';

/** metal-api's images by its contract alone: all rows in one indented array, requests that are signed or have a token, errors with `statuscode`. */
export const startMetal = (images: MetalResponse[]): Promise<ForeignApi> =>
  listen((request, response) => {
    const fail = (statuscode: number, message: string) =>
      send(response, statuscode, 'text/plain; charset=utf-8', JSON.stringify({ statuscode, message }));
    const xdate = String(request.headers['x-date']);
    const signature = createHmac('sha256', metalKey)
      .update(xdate + request.method + String(request.headers['x-data-salt']))
      .digest('hex');
    const isFresh = Math.abs(Date.now() - Date.parse(xdate)) <= 30_000;
    const { authorization } = request.headers;
    const isSigned = authorization === `Metal-View ${signature}` && isFresh;
    if (!isSigned && authorization !== `Bearer ${metalToken}`) return fail(403, 'Wrong HMAC found');
    const [, id] = /^\/metal\/v1\/image(?:\/([^/]+))?$/.exec(request.url ?? '') ?? [];
    const wire = (image: MetalResponse) => ({ ...image, usedby: null });
    if (id === undefined) {
      if (request.url !== '/metal/v1/image') return fail(404, '404: Page Not Found');
      return send(response, 200, 'application/json', JSON.stringify(images.map(wire), null, 1));
    }
    const image = images.find((each) => each.id === decodeURIComponent(id));
    if (!image) return fail(404, `NotFound no image with id "${id}" found`);
    send(response, 200, 'application/json', JSON.stringify(wire(image), null, 1));
  });

/** An image at a query of Glean's API, such as `type=USER&id=42` or `key=…`. */
export interface GleanImage {
  query: Record<string, string>;
  bytes: Uint8Array;
  etag?: string;
}

export const gleanToken = 'glean-token';

/** Glean's images by its contract alone: a bearer token, raw bytes with an `image/*` type, and 404 for the rest. */
export const startGlean = (images: GleanImage[]): Promise<ForeignApi> =>
  listen((request, response) => {
    const url = new URL(request.url ?? '', 'http://glean');
    if (request.headers.authorization !== `Bearer ${gleanToken}`) return json(response, 401, {});
    const asked = JSON.stringify([...url.searchParams].sort());
    const image = images.find(({ query }) => JSON.stringify(Object.entries(query).sort()) === asked);
    if (url.pathname !== '/rest/api/v1/images' || !image) return json(response, 404, {});
    if (image.etag) response.setHeader('etag', image.etag);
    if (image.etag && request.headers['if-none-match'] === image.etag) return response.writeHead(304).end();
    send(response, 200, 'image/png', image.bytes);
  });
