import { type StoredFormat, storedFormats } from '../domain/images/image.js';
import type { FetchedFile } from '../domain/imports/import-image.js';
import type { Limits } from '../domain/limits.js';
import type { Spool } from '../domain/ports.js';
import { upToLimit } from '../lib/up-to-limit.js';
import { type UpstreamClient, UpstreamError } from './upstream-client.js';

export interface FileOptions {
  readonly client: UpstreamClient;
  readonly spool: Pick<Spool, 'receive' | 'discard'>;
  readonly limits: Pick<Limits, 'fileBytes'>;
}

interface FileRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The formats that the API has; all unless given. */
  readonly formats?: readonly StoredFormat[];
  /** Of the response, once the file is here. */
  readonly revisionOf: (response: Response, sha256: string) => string;
}

/**
 * Fetches a file into the spool, whole or not at all, and of what is too large no more than the limit.
 * @returns Null if the response says that the file did not change.
 * @throws {UpstreamError}
 */
export const fetchImageFile = (
  { client, spool, limits }: FileOptions,
  { path, headers, formats = storedFormats, revisionOf }: FileRequest,
): Promise<FetchedFile | null> =>
  client.get(
    path,
    async (response) => {
      if (response.status === 304) return null;
      const type = response.headers.get('content-type') ?? 'no content type';
      if (!/^(?:image\/|application\/octet-stream\b)/i.test(type)) {
        throw new UpstreamError(`GET ${response.url} responded with ${type} instead of an image.`);
      }
      const file = await spool.receive(upToLimit(response.body ?? [], limits.fileBytes), limits.fileBytes);
      return { file: { ...file, formats }, revision: 'path' in file ? revisionOf(response, file.sha256) : '' };
    },
    headers,
  );
