import { Agent, request } from 'node:http';
import type { Product } from '../product.js';

export const accountId = '3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb';

export interface UploadedImage {
  readonly publicId: string;
  /** With the version, so that it may be kept for ever. */
  readonly url: string;
}

const document = `mutation($input: UploadImageInput!) {
  uploadImage(input: $input) { ... on UploadImagePayload { image { publicId url } } ... on Error { code message } }
}`;

const boundary = 'image-facade-bench';
const part = (name: string, more = ''): string =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`;

/** Uploads images by the GraphQL multipart request specification, over so many connections. */
export class Uploader {
  readonly #agent: Agent;

  constructor(
    private readonly product: Pick<Product, 'url'>,
    connections: number,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @param pieces The file in pieces, which are sent as they are: nothing of it is copied. */
  async upload(pieces: readonly Uint8Array[], altText: string | null = null): Promise<UploadedImage> {
    const operations = { query: document, variables: { input: { accountId, file: null, metadata: { altText } } } };
    const body = [
      Buffer.from(
        `${part('operations')}${JSON.stringify(operations)}\r\n` +
          `${part('map')}{"0":["variables.input.file"]}\r\n` +
          part('0', '; filename="image"'),
      ),
      ...pieces,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ];
    const answer = JSON.parse(await this.#post(body)) as { data?: { uploadImage: { image?: UploadedImage } } };
    const { publicId, url } = answer.data?.uploadImage.image ?? {};
    if (!publicId || !url) throw new Error(`An upload was refused: ${JSON.stringify(answer)}`);
    return { publicId, url };
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(body: readonly Uint8Array[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.product.url}/graphql`,
        {
          method: 'POST',
          agent: this.#agent,
          headers: {
            'content-type': `multipart/form-data; boundary=${boundary}`,
            'content-length': body.reduce((sum, piece) => sum + piece.byteLength, 0),
            'apollo-require-preflight': '1',
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('end', () => resolve(Buffer.concat(chunks).toString()));
          response.once('error', reject);
        },
      );
      sent.once('error', reject);
      for (const piece of body) sent.write(piece);
      sent.end();
    });
  }
}
