import { documentedFetch } from '../../support/openapi-responses.js';
import type { TestServer } from '../../support/test-server.js';

export interface MetalResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what an answer has
  readonly body: any;
}

/** Calls the vendor's routes of a server; every answer is checked against the OpenAPI document on the way. */
export interface MetalClient {
  /** To a path behind `/v1/image`. An object is sent as JSON, a text as it is. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<MetalResponse>;
  create(id: string, given?: object): Promise<MetalResponse>;
  ids(method: string, path: string, body?: unknown): Promise<string[]>;
}

export const openMetalClient = async (
  { url }: Pick<TestServer, 'url'>,
  basePath = '/metal',
  sharedHeaders: Record<string, string> = {},
): Promise<MetalClient> => {
  const fetchChecked = await documentedFetch(url);
  const call: MetalClient['call'] = async (method, path, body, headers) => {
    const response = await fetchChecked(`${url}${basePath}/v1/image${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...sharedHeaders, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
  };
  return {
    call,
    create: (id, given) => call('PUT', '', { id, url: `https://images.example/${id}.tar.lz4`, ...given }),
    ids: async (method, path, body) => (await call(method, path, body)).body.map((image: { id: string }) => image.id),
  };
};

/** An error in the vendor's form. */
export const failure = (statuscode: number, message: unknown) => [statuscode, { statuscode, message }];

export const outcome = ({ status, body }: MetalResponse) => [status, body];
