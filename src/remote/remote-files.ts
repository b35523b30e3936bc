import type { IncomingMessage } from 'node:http';
import { FetchFailedError } from '../domain/errors.js';
import type { Limits } from '../domain/limits.js';
import type { OpenedRemoteFile, RemoteFiles } from '../domain/ports.js';
import { ForbiddenHostError, guardedRequest, type ResolveName } from '../lib/guarded-request.js';
import { reasonOf } from '../lib/reason-of.js';

interface RemoteFilesOptions {
  readonly limits: Pick<Limits, 'urlFetchSeconds' | 'urlFetchRedirects'>;
  /** The hosts that are asked without encryption too. */
  readonly httpHosts: readonly string[];
  /** Whether a server at this address may be asked. */
  readonly isAllowed: (address: string) => boolean;
  readonly resolve?: ResolveName | undefined;
}

/** Opens files of the public Internet. A name that is unknown and one that is private fail alike, so that nobody explores a network. */
export const createRemoteFiles = (options: RemoteFilesOptions): RemoteFiles => ({
  async open(text) {
    const { limits, isAllowed, resolve } = options;
    const signal = AbortSignal.timeout(limits.urlFetchSeconds * 1_000);
    const failure = (error: unknown) => asFailure(error, signal, limits);
    try {
      const response = await guardedRequest(text, {
        method: 'GET',
        headers: {
          // AVIF is not named, so that servers which convert for those who read it send the file that they have
          accept: 'image/png, image/jpeg, image/webp, image/gif, image/*;q=0.5',
          'accept-encoding': 'identity',
          'user-agent': 'image-facade',
        },
        maxRedirects: limits.urlFetchRedirects,
        parseUrl: (url) => parseUrl(url, options.httpHosts),
        isAllowed,
        resolve,
        signal,
      });
      return described(response, failure);
    } catch (error) {
      throw failure(error);
    }
  },
});

const parseUrl = (text: string, httpHosts: readonly string[]): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new FetchFailedError('it is not at an https URL', null);
  if (url.username || url.password) throw new FetchFailedError('its URL has a user name or a password', null);
  if (url.protocol === 'http:' && !httpHosts.includes(url.hostname)) {
    throw new FetchFailedError('its URL begins with http, which the server accepts for configured hosts only', null);
  }
  return url;
};

const described = (response: IncomingMessage, failure: (error: unknown) => FetchFailedError): OpenedRemoteFile => {
  const { statusCode = 0, headers } = response;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (statusCode !== 200 || encoding !== 'identity') {
    response.destroy();
    throw statusCode === 200
      ? new FetchFailedError(
          `its host sent it with the encoding ${encoding.slice(0, 32)}, which was not requested`,
          200,
        )
      : new FetchFailedError(`its host responded with the status ${statusCode}`, statusCode);
  }
  const length = headers['content-length'];
  return {
    byteSize: length === undefined ? null : Number(length),
    stream: pieces(response, failure),
    close: () => response.destroy(),
  };
};

async function* pieces(
  response: IncomingMessage,
  failure: (error: unknown) => FetchFailedError,
): AsyncGenerator<Uint8Array> {
  try {
    yield* response;
  } catch (error) {
    throw failure(error);
  }
}

const asFailure = (
  error: unknown,
  signal: AbortSignal,
  { urlFetchSeconds }: RemoteFilesOptions['limits'],
): FetchFailedError => {
  if (error instanceof FetchFailedError) return error;
  const failed = (reason: string) => new FetchFailedError(reason, null, { cause: error });
  if (signal.aborted) return failed(`it took longer than ${urlFetchSeconds} seconds`);
  const isUnknownName = error instanceof Error && 'syscall' in error && error.syscall === 'getaddrinfo';
  if (error instanceof ForbiddenHostError || isUnknownName) {
    return failed('its host does not exist, or is not on the public Internet');
  }
  const isCut = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
  return failed(isCut ? 'the connection ended before the file did' : reasonOf(error));
};
