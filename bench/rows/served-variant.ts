import { Uploader } from '../load/upload.js';
import { startProduct } from '../product.js';
import type { RowContext } from '../row.js';

/** A variant that the product has served before, and how. */
export interface ServedVariant {
  readonly url: string;
  /** The server's process. */
  readonly pid: number;
  readonly etag: string;
  readonly bytes: Buffer;
  /** The headers of its response, without those that Node's server adds by itself. */
  readonly headers: Readonly<Record<string, string>>;
}

const headersOfNode = new Set(['connection', 'date', 'keep-alive']);

/** Headers as another server may send them. */
export const ownHeaders = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => !headersOfNode.has(name)));

/** Starts the product with a photo and has it serve a variant of about 20 kB. */
export const serveVariant = async ({ workspace, sources }: RowContext): Promise<ServedVariant> => {
  const product = await startProduct(workspace);
  const uploader = new Uploader(product, 1);
  const image = await uploader.upload([(await sources.photo(1)).bytes]);
  uploader.close();
  const url = `${image.url.split('?')[0]}?size=320x320&v=1`;
  const response = await fetch(url);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { url, pid: product.pid, etag: response.headers.get('etag') ?? '', bytes, headers: ownHeaders(response) };
};
