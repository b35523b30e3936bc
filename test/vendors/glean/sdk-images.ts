import type { GleanCore } from '@gleanwork/api-client/core.js';
import { encodeFormQuery } from '@gleanwork/api-client/lib/encodings.js';
import { matchStatusCode } from '@gleanwork/api-client/lib/http.js';
import * as M from '@gleanwork/api-client/lib/matchers.js';
import type { RequestOptions } from '@gleanwork/api-client/lib/sdks.js';
import { extractSecurity, resolveGlobalSecurity } from '@gleanwork/api-client/lib/security.js';
import { unwrapAsync } from '@gleanwork/api-client/types/fp.js';
import { z } from 'zod';

type ImageParameters = {
  readonly key?: string;
  readonly type?: string;
  readonly id?: string;
  readonly ds?: string;
  readonly cid?: string;
};

/** What the clients make of an answer: they refuse an unknown type and a `null`, and pass over what they do not know. */
const text = z.string().optional();
const uploadResponse = z.object({
  url: z.string(),
  metadata: z
    .object({ type: z.enum(['BACKGROUND', 'FEEDBACK', 'HEADER', 'ICON', 'LOGO', 'UGC', 'USER']) })
    .extend({ id: text, ds: text, cid: text, ext: text })
    .optional(),
});
const imageStream = z.custom<ReadableStream<Uint8Array>>((value) => value instanceof ReadableStream);

/**
 * The two operations on images over the machinery of the published SDK: its client, security, encodings, retries, answer matching and
 * errors. Its releases left the operations out when the vendor withdrew them from the document that it is generated from.
 */
export const sdkImages = (client: GleanCore, actAs: Record<string, string> = {}) => {
  const call = async <Value>(
    operationID: string,
    request: {
      method: string;
      path: string;
      query: ImageParameters;
      headers: Record<string, string>;
      body: BodyInit | null;
    },
    answer: M.ValueMatcher<Value>,
    options?: RequestOptions,
  ): Promise<Value> => {
    const apiToken = await extractSecurity(client._options.apiToken);
    const security = resolveGlobalSecurity(apiToken == null ? {} : { apiToken });
    const context = {
      options: client._options,
      baseURL: client._baseURL ?? '',
      operationID,
      oAuth2Scopes: null,
      resolvedSecurity: security,
      retryConfig: options?.retries ?? { strategy: 'none' as const },
      retryCodes: ['429', '500', '502', '503', '504'],
    };
    const { query, headers, ...rest } = request;
    const built = await unwrapAsync(
      Promise.resolve(
        client._createRequest(
          context,
          { ...rest, security, query: encodeFormQuery(query), headers: { ...headers, ...actAs } },
          options,
        ),
      ),
    );
    const response = await unwrapAsync(
      client._do(built, {
        context,
        isErrorStatusCode: (status) => matchStatusCode({ status } as Response, ['4XX', '5XX']),
        retryConfig: context.retryConfig,
        retryCodes: context.retryCodes,
      }),
    );
    const [result] = await M.match<Value, never>(answer, M.fail('4XX'), M.fail('5XX'))(response, built);
    return unwrapAsync(Promise.resolve(result));
  };

  return {
    get: (query: ImageParameters = {}, options?: RequestOptions) =>
      call(
        'images',
        { method: 'GET', path: '/rest/api/v1/images', query, headers: { Accept: 'image/*' }, body: null },
        M.stream(200, imageStream, { ctype: 'image/*' }),
        options,
      ),
    upload: (body: BodyInit, query: ImageParameters = {}, options?: RequestOptions) =>
      call(
        'uploadimage',
        {
          method: 'POST',
          path: '/rest/api/v1/uploadimage',
          query,
          headers: { 'Content-Type': 'image/*', Accept: 'application/json' },
          body,
        },
        M.json(200, uploadResponse),
        options,
      ),
  };
};
