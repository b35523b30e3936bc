import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { documentedFetch } from '../../support/openapi-responses.js';
import type { TestServer } from '../../support/test-server.js';

interface GleanResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what an answer has
  readonly body: any;
}

type Fields = Record<string, string>;

/** Calls Glean's routes of a server; every answer is checked against the OpenAPI document on the way. Queries stand as in the URL. */
export interface GleanClient {
  call(method: string, path: string, init?: Omit<RequestInit, 'method'>): Promise<GleanResponse>;
  get(query: string, headers?: Fields): Promise<GleanResponse>;
  /** The same by the path for browsers. */
  show(query: string, headers?: Fields): Promise<GleanResponse>;
  upload(query: string, photo: Uint8Array | null, headers?: Fields): Promise<GleanResponse>;
}

/** @param always The headers of every request. */
export const openGleanClient = async ({ url }: Pick<TestServer, 'url'>, always: Fields = {}): Promise<GleanClient> => {
  const fetchChecked = await documentedFetch(url);
  const call: GleanClient['call'] = async (method, path, init = {}) => {
    const headers = { ...always, ...(init.headers as Fields | undefined) };
    const response = await fetchChecked(url + path, { ...init, headers, method });
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && bytes.length > 0;
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      body: isJson ? JSON.parse(String(bytes)) : null,
    };
  };
  return {
    call,
    get: (query, headers = {}) => call('GET', `/rest/api/v1/images?${query}`, { headers }),
    show: (query, headers = {}) => call('GET', `/api/v1/images?${query}`, { headers }),
    upload: (query, photo, headers = {}) =>
      call('POST', `/rest/api/v1/uploadimage?${query}`, {
        headers: { 'content-type': 'image/*', ...headers },
        ...(photo ? { body: new Uint8Array(photo) } : {}),
      }),
  };
};

/** The names of the files that uploads left behind. */
export const spooledFiles = (server: TestServer): Promise<string[]> => readdir(join(server.dataFolder, 'tmp'));

/** A failure with every member that Glean's newer API requires, and no other. */
export const problem = (status: number, code: string, detail: unknown) => ({
  type: `https://developers.glean.com/errors/${code.replaceAll('_', '-')}`,
  title: expect.any(String),
  status,
  detail,
  code,
  request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
});
