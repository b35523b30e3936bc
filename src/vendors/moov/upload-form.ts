import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { InvalidInputError } from '../../domain/errors.js';
import { baselineFormats } from '../../domain/images/image.js';
import type { Limits } from '../../domain/limits.js';
import type { ReceivedFile, Spool } from '../../domain/ports.js';
import { mediaTypeOf } from '../../lib/media-type.js';
import { MultipartFault, type MultipartFaultKind, type PartReader, readMultipart } from '../../lib/multipart.js';
import { utf8Text } from '../../lib/utf8.js';
import { MoovFault } from './moov-fault.js';
import type { MetadataPart } from './translate.js';
import { imageMetadataRequest } from './wire.js';

/** What the forms of upload and update hold; each part may be absent. */
export interface UploadForm {
  readonly image: ReceivedFile | undefined;
  readonly metadata: MetadataPart;
}

export interface FormReader {
  readonly spool: Spool;
  readonly limits: Limits;
}

const maxParts = 20;

/**
 * Reads the form of a request, spools its image while it comes in, and gives it to the work. The spooled file is gone when this settles.
 * @throws {MoovFault} {@link InvalidInputError}
 */
export const withUploadForm = async <Result>(
  { spool, limits }: FormReader,
  request: IncomingMessage,
  work: (form: UploadForm) => Promise<Result>,
): Promise<Result> => {
  const form = new FormParts(spool, limits);
  try {
    if (hasForm(request)) await readParts(request, form, limits);
    return await work(await form.complete());
  } finally {
    await form.discard();
  }
};

/** @throws {InvalidInputError} which becomes a 422 that names the part. */
export const requireImage = ({ image }: UploadForm): ReceivedFile => {
  if (image) return image;
  throw InvalidInputError.at(
    ['image'],
    'An image is required: send a PNG, JPEG or WebP file as the form part "image".',
  );
};

/** The PATCH generation in Python sends an update of nothing with an empty body and no Content-Type: such a request has no parts. */
const hasForm = ({ headers }: IncomingMessage): boolean => {
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
  if (isEmpty) return false;
  if (mediaTypeOf(headers['content-type']) === 'multipart/form-data') return true;
  throw new MoovFault(415, 'Send multipart/form-data with the parts "image" and "metadata".');
};

const readParts = async (request: IncomingMessage, form: FormParts, limits: Limits): Promise<void> => {
  const { moovRequestBytes: requestBytes, moovFormBytes: textBytes } = limits;
  try {
    await readMultipart(request, { requestBytes, textBytes, parts: maxParts }, form);
  } catch (fault) {
    throw fault instanceof MultipartFault ? faults[fault.kind](limits) : fault;
  }
};

const faults = {
  'cut-short': () => new MoovFault(400, 'The body ended before it was complete. Send the whole request again.'),
  malformed: () => new MoovFault(400, 'The multipart body is malformed: its closing boundary is missing.'),
  'no-boundary': () => new MoovFault(400, 'The Content-Type has no boundary.'),
  // "Requests larger than 16MB will be rejected": with the status that the contract has for an image that is not accepted
  'too-long': ({ moovRequestBytes }) =>
    InvalidInputError.at(['image'], `The request is larger than ${moovRequestBytes} bytes, the most that is accepted.`),
  'too-many-parts': () => new MoovFault(400, `The form has more than ${maxParts} parts.`),
} as const satisfies Record<MultipartFaultKind, (limits: Limits) => MoovFault | InvalidInputError>;

/** "Server must sniff bytes, never trust the part's Content-Type or filename, and must parse `metadata` with or without Content-Type." */
class FormParts implements PartReader {
  #metadata: MetadataPart;
  #image: Promise<ReceivedFile> | undefined;
  #imageStream: Readable | undefined;
  readonly #taken = new Set<string>();

  constructor(
    private readonly spool: Spool,
    private readonly limits: Limits,
  ) {}

  isFile(name: string | undefined, _type: string | undefined, fileName: string | undefined): boolean {
    return name === 'image' || (name !== 'metadata' && fileName !== undefined);
  }

  takeText(name: string | undefined, value: Buffer, truncated: boolean): void {
    if (name !== 'metadata') return;
    this.#takeOnce(name);
    if (truncated) {
      const { moovFormBytes } = this.limits;
      throw InvalidInputError.at(
        ['metadata', 'altText'],
        `The part "metadata" is larger than ${moovFormBytes} bytes, the most that is accepted.`,
      );
    }
    this.#metadata = parseMetadata(value);
  }

  async takeFile(name: string | undefined, stream: Readable): Promise<void> {
    if (name !== 'image') {
      stream.resume();
      return;
    }
    this.#takeOnce(name);
    this.#imageStream = stream;
    // "Formats: PNG, JPEG, WebP only"
    this.#image = this.spool
      .receive(stream, this.limits.fileBytes)
      .then((file) => ({ ...file, formats: baselineFormats }));
    await this.#image;
  }

  async complete(): Promise<UploadForm> {
    return { image: await this.#image, metadata: this.#metadata };
  }

  /** Ends an image that still comes in and removes one that has come. */
  async discard(): Promise<void> {
    this.#imageStream?.destroy(new Error('The request is refused.'));
    const image = await this.#image?.catch(() => undefined);
    if (image) await this.spool.discard(image);
  }

  #takeOnce(name: string): void {
    if (this.#taken.has(name)) throw new MoovFault(400, `The form has the part "${name}" twice.`);
    this.#taken.add(name);
  }
}

/** "`metadata` part = JSON `null` clears metadata." */
const parseMetadata = (bytes: Buffer): MetadataPart => {
  const text = utf8Text(bytes);
  if (text === null) throw new MoovFault(400, 'The part "metadata" is not valid UTF-8.');
  const parsed = imageMetadataRequest.nullable().safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.path[0] === 'altText') throw InvalidInputError.at(['metadata', 'altText'], issue.message);
  throw new MoovFault(400, `The part "metadata": ${issue?.message}`);
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new MoovFault(400, 'The part "metadata" is not JSON.');
  }
};
