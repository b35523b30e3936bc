import { documentedFetch } from '../../support/openapi-responses.js';
import { accountId, type TestServer } from '../../support/test-server.js';

interface MoovResponse {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what an answer has
  readonly body: any;
}

/** Calls Moov's routes of a server; every answer is checked against the OpenAPI document on the way. */
export interface MoovClient {
  /** To a path below the account's images, such as `` or `/{imageID}`. */
  call(method: string, path: string, init?: Omit<RequestInit, 'method'>): Promise<MoovResponse>;
  send(
    method: string,
    path: string,
    parts: Record<string, string | Uint8Array>,
    headers?: Record<string, string>,
  ): Promise<MoovResponse>;
}

export const openMoovClient = async ({ url }: Pick<TestServer, 'url'>, account = accountId): Promise<MoovClient> => {
  const fetchChecked = await documentedFetch(url);
  const call: MoovClient['call'] = async (method, path, init) => {
    const response = await fetchChecked(`${url}/accounts/${account}/images${path}`, { ...init, method });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  return {
    call,
    send: (method, path, parts, headers = {}) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(parts)) {
        if (typeof value === 'string') form.set(name, value);
        else form.set(name, new Blob([new Uint8Array(value)]), 'photo.bin');
      }
      return call(method, path, { body: form, headers });
    },
  };
};
